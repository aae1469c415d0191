"""A run that ends anywhere goes on from there, and comes to the same end."""

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from robots import remote
from robots.accessfile.documents import NamespaceDocument
from robots.models import Namespace
from robots.quay import bringing
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.importing import forgotten, refusal, run_import, stored
from tests.robots.quay.recorded import ORG, acme, member, members, team
from tests.robots.quay.server import Quay, Said, served


def two() -> dict[str, Any]:
    """A small organization beside the recorded one."""
    answers = acme()
    answers["/user/"]["organizations"].append({"name": "lab"})
    lab = {**answers[ORG], "name": "lab", "email": ""}
    answers |= {
        "/organization/lab": {**lab, "teams": {"owners": team("owners", "admin")}},
        "/organization/lab/team/owners/members": members("owners", member("bob")),
        "/organization/lab/robots": {"robots": []},
        "/repository?namespace=lab": {"repositories": []},
        "/organization/lab/prototypes": {"prototypes": []},
    }
    return answers


def both() -> list[NamespaceDocument]:
    return [stored("acme"), stored("lab")]


@pytest.fixture
def whole(people: None) -> tuple[int, list[NamespaceDocument]]:
    """How many requests a run has, and what it comes to."""
    with served(two()) as quay, forgotten():
        run_import(quay)
        documents = both()
    return len(quay.requests), documents


def test_it_goes_on_after_an_end_at_any_request(
    whole: tuple[int, list[NamespaceDocument]], tmp_path: Path
) -> None:
    count, documents = whole
    assert count > 20
    for number in range(1, count + 1):
        state = tmp_path / f"state{number}"
        with served(two(), fails_at=number) as quay, forgotten():
            said = refusal(quay, "--state", str(state))
            assert "answered 500" in said
            # What could not be read to its end is not there at all.
            there = Namespace.objects.filter(name__in=("acme", "lab"))
            assert set(there.values_list("name", flat=True)) == _finished(state)
            quay.fails_at = None
            before = len(quay.requests)
            ran = run_import(quay, "--state", str(state))
            assert both() == documents
        assert [one["done"] for one in ran.facts["organizations"]] == [True, True]
        assert len(quay.requests) - before <= count


def _finished(state: Path) -> set[str]:
    lines = [json.loads(line) for line in state.read_text().splitlines()]
    return {line["organization"] for line in lines if "outcome" in line}


def test_a_finished_run_asks_for_no_organization_again(
    people: None, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    with served(two()) as quay:
        first = run_import(quay, "--state", state)
        asked = len(quay.requests)
        with unchanged():
            second = run_import(quay, "--state", state)
    assert quay.requests[asked:] == ["/user/"]
    assert second == first


def test_without_a_state_what_is_done_is_told_to_be_here(people: None) -> None:
    with served(two()) as quay:
        count = len(_requests_of_acme(quay))
        quay.fails_at = len(quay.requests) + count + 3
        refusal(quay)
        quay.fails_at = None
        ran = run_import(quay)
    assert [one["done"] for one in ran.facts["organizations"]] == [False, True]
    assert "is here already" in ran.left_out[0]


def _requests_of_acme(quay: Quay) -> list[str]:
    with forgotten():
        run_import(quay)
    return [path for path in quay.requests if "lab" not in path]


@pytest.mark.parametrize("length", [0, 1, 7, 40])
def test_a_run_that_was_killed_as_it_was_stored_goes_on_where_it_is_named(
    people: None, tmp_path: Path, length: int
) -> None:
    """The commit came through, and not all of the line that tells of it."""
    state = tmp_path / "state"
    with served(acme()) as quay:
        run_import(quay, "--state", str(state))
        state.write_text(state.read_text()[:length])
        with unchanged():
            ran = run_import(quay, "--state", str(state))
            assert "is here already" in ran.left_out[0]
            ran = run_import(quay, "--state", str(state), "--organization", "acme")
    assert ran.counts() == (0, 0, 0, 0)
    (line,) = state.read_text().splitlines()
    assert json.loads(line)["organization"] == "acme"


def test_what_a_run_could_not_store_may_be_a_strangers_later(
    people: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OperationalError("gone")

    state = ("--state", str(tmp_path / "state"))
    with served(acme()) as quay:
        with monkeypatch.context() as patch, pytest.raises(CommandError):
            patch.setattr(bringing, "reconcile_all", fail)
            run_import(quay, *state)
        factories.organization("acme")
        with unchanged():
            ran = run_import(quay, *state)
    assert "is here already" in ran.left_out[0]


def test_what_was_done_before_an_end_is_in_the_report(
    people: None, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    answers = {**two(), "/organization/lab/robots": Said({}, 500)}
    with served(answers) as quay:
        said = refusal(quay, "--report", str(report))
    assert "1 of 2 organizations are done" in said
    (one,) = json.loads(report.read_text())["organizations"]
    assert (one["organization"], one["done"]) == ("acme", True)


def test_a_busy_end_is_asked_again(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with served({**acme(), f"{ORG}/prototypes": Said({}, 503)}) as quay, unchanged():
        assert "answered 503" in refusal(quay)
    asked = [path for path in quay.requests if path.endswith("prototypes")]
    assert len(asked) == remote.MAX_TRIES


def test_an_end_that_is_not_there_is_told(people: None) -> None:
    with served({}) as quay:
        pass
    with unchanged():
        assert "did not answer" in refusal(quay)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON\n",
        "a token, without a line end",
        '{\n "a": 1\n}',
        "[]\n",
        '{"url": 7, "organization": "acme", "outcome": {}}\n',
        '{"url": "URL", "organization": "acme"}\n',
        '{"url": "URL", "organization": "acme", "outcome": 7}\n',
        '{"url": "URL", "organization": "acme", "outcome": {}}\n',
        '{"url": "https://x.example.com", "organization": "acme", "outcome": {}}\n',
    ],
)
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_state_that_is_not_of_this_run_is_refused(
    people: None, tmp_path: Path, text: str, more: tuple[str, ...]
) -> None:
    state = tmp_path / "state"
    with served(acme()) as quay, unchanged():
        written = text.replace("URL", quay.url)
        state.write_text(written)
        assert "--state" in refusal(quay, "--state", str(state), *more)
    assert state.read_text() == written


@pytest.mark.parametrize("text", [None, "", '{"url": "https://'])
def test_a_dry_run_reads_the_state_and_leaves_it(
    people: None, tmp_path: Path, text: str | None
) -> None:
    state = tmp_path / "state"
    if text is not None:
        state.write_text(text)
    with served(acme()) as quay, unchanged():
        run_import(quay, "--state", str(state), "--dry-run")
    assert (state.read_text() if state.exists() else None) == text


def test_the_state_is_for_its_owner_alone(people: None, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with served(acme()) as quay:
        run_import(quay, "--state", str(state))
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
