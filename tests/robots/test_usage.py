"""Last uses: noted without a write, written together, never lost to a failed write."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from robots import usage as usage_module
from robots.identity import ANONYMOUS, Identity, Kind
from robots.last_use_rows import write
from robots.lifecycle.robots import delete_robot
from robots.models import Robot, RobotToken
from robots.usage import Usage
from tests import factories
from tests.conftest import Cast

SECONDS = 10

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_noting_a_use_asks_nothing_of_the_database(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    identity = factories.robot_identity(cast.ci)
    with django_assert_num_queries(0):
        Usage().note(identity, NOON)


def test_a_flush_writes_the_latest_use_of_token_and_robot(cast: Cast) -> None:
    usage = Usage()
    identity = factories.robot_identity(cast.ci)
    usage.note(identity, NOON)
    usage.note(identity, NOON + timedelta(minutes=1))
    usage.flush()
    cast.ci.refresh_from_db()
    cast.reader.refresh_from_db()
    assert cast.ci.last_used_at == NOON + timedelta(minutes=1)
    assert cast.ci.tokens.get().last_used_at == NOON + timedelta(minutes=1)
    assert cast.reader.last_used_at is None


def test_people_and_anonymous_callers_are_passed_over(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    usage = Usage()
    usage.note(ANONYMOUS, NOON)
    usage.note(factories.user_identity(cast.alice), NOON)
    with django_assert_num_queries(0):
        usage.flush()


def test_many_robots_are_written_with_two_statements(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    usage = Usage()
    robots = [factories.robot(cast.acme, f"bot{n}")[0] for n in range(20)]
    for robot in robots:
        usage.note(factories.robot_identity(robot), NOON)
    with django_assert_num_queries(2):
        usage.flush()
    assert all(robot.tokens.get().last_used_at == NOON for robot in robots)
    with django_assert_num_queries(0):
        usage.flush()


def test_two_thousand_uses_are_four_statements(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """None of them with more rows than SQLite's one writer should hold up."""
    usage = Usage()
    robots = Robot.objects.bulk_create(
        Robot(namespace=cast.acme, name=f"bot{n}") for n in range(2_000)
    )
    tokens = RobotToken.objects.bulk_create(
        RobotToken(robot=robot, digest=f"{robot.pk:064}", origin="static")
        for robot in robots
    )
    for robot, token in zip(robots, tokens, strict=True):
        usage.note(
            Identity(Kind.ROBOT, robot.name, robot.pk, credential_id=token.pk), NOON
        )
    with django_assert_num_queries(4):
        usage.flush()
    assert Robot.objects.filter(last_used_at=NOON).count() == 2_000
    assert RobotToken.objects.filter(last_used_at=NOON).count() == 2_000


def test_a_last_use_never_goes_back(cast: Cast) -> None:
    """Of two processes the one that writes last need not know the later use."""
    identity = factories.robot_identity(cast.ci)
    for when in (NOON, NOON - timedelta(minutes=1)):
        usage = Usage()
        usage.note(identity, when)
        usage.flush()
    cast.ci.refresh_from_db()
    assert cast.ci.last_used_at == cast.ci.tokens.get().last_used_at == NOON


def test_what_is_written_is_not_kept_for_the_next_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = Usage()
    usage.note(factories.robot_identity(cast.ci), NOON)
    written: list[type[Model]] = []

    def away_for_tokens(model: type[Model], uses: dict[int, datetime]) -> None:
        if model is RobotToken:
            raise OperationalError("gone")
        written.append(model)
        write(model, uses)

    monkeypatch.setattr("robots.usage.write", away_for_tokens)
    usage.flush()
    usage.flush()
    assert written == [Robot]
    monkeypatch.setattr("robots.usage.write", write)
    usage.flush()
    assert cast.ci.tokens.get().last_used_at == NOON


def test_a_thread_that_has_ended_is_started_again(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.USAGE_FLUSH_SECONDS = 60
    begun: list[int] = []
    monkeypatch.setattr(
        usage_module.Usage, "_run", lambda _, every: begun.append(every)
    )
    monkeypatch.setattr("robots.usage.atexit.register", lambda _: None)
    usage = Usage()
    for _ in range(3):
        usage.note(factories.robot_identity(cast.ci), NOON)
    assert begun == [60]
    usage.forget_thread()
    usage.wake()
    assert begun == [60, 60]


def test_a_thread_in_a_hurry_does_not_wait_for_its_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.USAGE_FLUSH_SECONDS = 3600
    monkeypatch.setattr("robots.usage.atexit.register", lambda _: None)
    usage, flushed = Usage(), threading.Semaphore(0)
    usage.also_flush(flushed.release)
    usage.wake()
    for _ in range(2):
        usage.hurry()
        assert flushed.acquire(timeout=SECONDS)
    assert not flushed.acquire(blocking=False)


def test_a_robot_deleted_meanwhile_does_not_stop_the_others(cast: Cast) -> None:
    usage = Usage()
    usage.note(factories.robot_identity(cast.ci), NOON)
    usage.note(factories.robot_identity(cast.reader), NOON)
    delete_robot(cast.ci, factories.BY)
    usage.flush()
    cast.reader.refresh_from_db()
    assert cast.reader.last_used_at == NOON


def test_what_could_not_be_written_is_written_the_next_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = Usage()
    usage.note(factories.robot_identity(cast.ci), NOON)

    def database_is_away(*_: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(usage_module, "_write", database_is_away)
        usage.flush()
    usage.flush()
    cast.ci.refresh_from_db()
    assert cast.ci.last_used_at == NOON


class SlowStore:
    """What somebody else collects, and writes when it is let."""

    def __init__(self) -> None:
        self.collected, self.written = ["a use"], list[str]()
        self.begun, self.may_write = threading.Event(), threading.Event()

    def write(self) -> None:
        taken, self.collected = self.collected, []
        self.begun.set()
        if taken:
            assert self.may_write.wait(SECONDS)
        self.written += taken


def test_a_deed_that_fails_keeps_no_other_from_writing(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does it end the thread, which would begin with the same one again."""
    usage, done = Usage(), []

    def fail() -> None:
        raise UnicodeError

    usage.also_flush(fail)
    usage.also_flush(lambda: done.append("written"))
    usage.note(factories.robot_identity(cast.ci), NOON)
    usage.flush()
    cast.ci.refresh_from_db()
    assert cast.ci.last_used_at == NOON
    assert done == ["written"]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [
        UnicodeError
    ]


def test_the_flush_of_a_stop_waits_for_the_one_under_way() -> None:
    """The process ends after it, and with it the thread that has taken the uses."""
    usage, store = Usage(), SlowStore()
    usage.also_flush(store.write)

    def stop() -> list[str]:
        usage.flush()
        return list(store.written)

    with ThreadPoolExecutor(2) as pool:
        by_thread = pool.submit(usage.flush)
        assert store.begun.wait(SECONDS)
        stopped = pool.submit(stop)
        wait([stopped], timeout=0.5)
        store.may_write.set()
        by_thread.result(SECONDS)
        assert stopped.result(SECONDS) == ["a use"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_forked_during_a_flush_flushes_too() -> None:
    usage, store = Usage(), SlowStore()
    usage.also_flush(store.write)
    with ThreadPoolExecutor(1) as pool:
        by_thread = pool.submit(usage.flush)
        assert store.begun.wait(SECONDS)
        usage.forget_thread()  # As `os.register_at_fork` has it called in the child.
        usage.flush()
        store.may_write.set()
        by_thread.result(SECONDS)
    assert store.written == ["a use"]
