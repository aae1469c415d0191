"""Counting issued tokens: in memory at first, then added up, day by day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError
from pytest_django import DjangoAssertNumQueries

from registryauth.issued import IssuedCount
from registryauth.issued_rows import Count, add
from registryauth.models import IssuedTokens
from robots.identity import ANONYMOUS, Identity, Kind
from robots.usage import usage
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, login_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def stored() -> list[tuple[date, str | None, int]]:
    rows = IssuedTokens.objects.order_by("day", "namespace__name")
    return list(rows.values_list("day", "namespace__name", "count"))


def test_each_token_counts_for_the_robots_namespace_or_for_people(
    cast: Cast, endpoint: Endpoint
) -> None:
    today = datetime.now(UTC).date()
    for _ in range(3):
        assert endpoint.get(login=login_of(cast.ci)).status_code == 200
    assert endpoint.get("repository:acme/public:pull").status_code == 200
    assert endpoint.get(login="Basic wrong").status_code == 401
    assert stored() == []
    usage.flush()
    assert sorted(stored(), key=str) == sorted(
        [(today, "acme", 3), (today, None, 1)], key=str
    )


def test_counting_asks_nothing_of_the_database(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    robot = factories.robot_identity(cast.ci)
    with django_assert_num_queries(0):
        IssuedCount().note(robot, NOON)


def test_two_processes_add_up(cast: Cast) -> None:
    robot = factories.robot_identity(cast.ci)
    for count in (IssuedCount(), IssuedCount()):
        count.note(robot, NOON)
        count.note(robot, NOON + timedelta(days=1))
        count.note(ANONYMOUS, NOON)
        count.flush()
        count.flush()
    assert sorted(stored(), key=str) == sorted(
        [
            (date(2026, 11, 24), None, 2),
            (date(2026, 11, 24), "acme", 2),
            (date(2026, 11, 25), "acme", 2),
        ],
        key=str,
    )


def test_a_row_that_is_there_is_added_to(cast: Cast) -> None:
    IssuedTokens.objects.create(day=NOON.date(), namespace=cast.acme, count=5)
    IssuedTokens.objects.create(day=NOON.date(), count=7)
    count = IssuedCount()
    count.note(factories.robot_identity(cast.ci), NOON)
    count.note(ANONYMOUS, NOON)
    count.flush()
    assert sorted(stored(), key=str) == sorted(
        [(NOON.date(), "acme", 6), (NOON.date(), None, 8)], key=str
    )


def test_many_namespaces_are_written_with_two_statements(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    count = IssuedCount()
    count.note(ANONYMOUS, NOON)
    for key in range(1, 500):
        count.note(Identity(Kind.ROBOT, "robot", key, namespace_id=key), NOON)
    with django_assert_num_queries(2):
        count.flush()
    assert IssuedTokens.objects.filter(day=NOON.date(), count=1).count() == 500
    with django_assert_num_queries(0):
        count.flush()


def test_a_namespace_that_is_gone_stops_no_other_count(cast: Cast) -> None:
    count = IssuedCount()
    count.note(factories.robot_identity(cast.ci), NOON)
    count.note(ANONYMOUS, NOON)
    cast.acme.delete()
    count.flush()
    assert IssuedTokens.objects.get(namespace=None).count == 1


def test_what_cannot_be_written_waits_and_is_not_counted_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = IssuedCount()
    count.note(ANONYMOUS, NOON)
    count.note(factories.robot_identity(cast.ci), NOON)

    def down_for_robots(counts: Sequence[Count]) -> None:
        if counts[0][1]:
            raise OperationalError("away")
        add(counts)

    monkeypatch.setattr("registryauth.issued.add", down_for_robots)
    count.flush()
    assert stored() == [(NOON.date(), None, 1)]
    monkeypatch.setattr("registryauth.issued.add", add)
    count.flush()
    assert sorted(stored(), key=str) == sorted(
        [(NOON.date(), None, 1), (NOON.date(), "acme", 1)], key=str
    )


@pytest.mark.parametrize("has_namespace", [True, False])
def test_one_row_for_a_day_and_namespace(cast: Cast, has_namespace: bool) -> None:
    namespace = cast.acme if has_namespace else None
    IssuedTokens.objects.create(day=NOON.date(), namespace=namespace)
    with pytest.raises(IntegrityError):
        IssuedTokens.objects.create(day=NOON.date(), namespace=namespace)


def test_a_row_says_how_many_on_which_day() -> None:
    assert str(IssuedTokens(day=NOON.date(), count=7)) == "7 on 2026-11-24"
