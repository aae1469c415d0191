"""Two quick faults on a real site: they happen, and nothing escapes notice."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.faults import inside, report
from benchmarks.faults.answers import Verdict
from benchmarks.faults.client import Client
from benchmarks.faults.faults import FAULTS, Fault, workers
from benchmarks.faults.found import Found
from benchmarks.faults.questions import QUESTIONS, disabled, granted, not_granted
from benchmarks.faults.run import suffer
from benchmarks.faults.stage import WORKERS, Stage, staged
from benchmarks.report import Table
from tests.e2e.programs import require

FROZEN_SECONDS = 2


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    for program in ("initdb", "redis-server", "docker-registry", "skopeo"):
        require(program)
    with staged(tmp_path_factory.mktemp("faults")) as running:
        yield running


def fault(key: str) -> Fault:
    (found,) = (fault for fault in FAULTS if fault.key == key)
    return found


def assert_stood(found: Found) -> None:
    assert found.wrong == []
    assert found.count(Verdict.RIGHT) > 100
    assert found.acknowledged > 10
    assert found.lost == 0
    assert found.recovery is not None
    assert len({answer.kind for answer in found.answers}) == len(QUESTIONS)


def test_a_worker_that_is_killed_is_replaced(stage: Stage) -> None:
    before = set(workers(stage)[:WORKERS])
    found = suffer(stage, fault("worker"), before=1, after=3)
    assert_stood(found)
    assert len(before - set(workers(stage))) == 1
    assert len(workers(stage)) >= WORKERS
    cells = report.markdown([(fault("worker"), found)], Table("on", ("x",), []), "", "")
    assert f"| {len(found.answers)} | 0 | " in cells


def test_a_frozen_database_is_waited_for(stage: Stage) -> None:
    frozen = replace(fault("freeze"), seconds=FROZEN_SECONDS)
    found = suffer(stage, frozen, before=1, after=2)
    assert_stood(found)
    assert found.longest > FROZEN_SECONDS / 2


def test_what_goes_wrong_is_noticed(stage: Stage) -> None:
    """Everybody has the rights of somebody else."""
    cast, client = stage.cast, Client()
    mixed_up = replace(
        cast,
        writer=cast.nobody,
        reader=cast.disabled,
        nobody=cast.reader,
        disabled=cast.writer,
    )
    for asked in (granted, not_granted, disabled):
        asked(client, mixed_up)
    client.close()
    assert {answer.verdict for answer in client.answers} == {Verdict.WRONG}


def test_a_change_that_left_no_event_is_lost(stage: Stage) -> None:
    client = Client()
    for question in QUESTIONS:
        question(client, stage.cast)
    client.close()
    assert {answer.verdict for answer in client.answers} == {Verdict.RIGHT}
    assert len(client.acknowledged) == 4
    asked = [*client.acknowledged, "never-asked"]
    assert inside.call(stage.site, "lost", request_ids=asked) == ["never-asked"]
