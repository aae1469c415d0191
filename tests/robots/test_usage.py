"""Last uses: noted without a write, written together, never lost to a failed write."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries

from robots import usage as usage_module
from robots.identity import ANONYMOUS
from robots.lifecycle.robots import delete_robot
from robots.usage import Usage
from tests import factories
from tests.conftest import Cast

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


def test_many_robots_are_written_with_two_statements_in_one_transaction(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    usage = Usage()
    robots = [factories.robot(cast.acme, f"bot{n}")[0] for n in range(20)]
    for robot in robots:
        usage.note(factories.robot_identity(robot), NOON)
    with django_assert_num_queries(4):  # a savepoint around both
        usage.flush()
    assert all(robot.tokens.get().last_used_at == NOON for robot in robots)


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
