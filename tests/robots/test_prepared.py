"""Prepared queries: compiled once, and the same rows as the ORM each time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import models
from django.db.models import F, QuerySet
from pytest_django import DjangoAssertNumQueries

from robots.models import Namespace, Robot
from robots.prepared import Parameter, PreparedQuery

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 6, 1, 12, 30, 15, 999, tzinfo=UTC)


class Counted:
    """Builds a query, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> QuerySet[Any, Any]:
        self.built += 1
        name = Parameter("name", models.CharField())
        return Robot.objects.filter(name=name).values_list(
            "pk", "enabled", "expires_at", "metadata", "namespace__name"
        )


def store(name: str, **fields: Any) -> Robot:
    namespace, _ = Namespace.objects.get_or_create(name="acme")
    return Robot.objects.create(namespace=namespace, name=name, **fields)


def test_values_come_back_as_the_orm_returns_them() -> None:
    robot = store("ci", expires_at=MOMENT, enabled=False, metadata={"a": [1, None]})
    rows = PreparedQuery(Robot, Counted()).rows({"name": "ci"})
    assert rows == [(robot.pk, False, MOMENT, {"a": [1, None]}, "acme")]
    assert [*map(type, rows[0])] == [int, bool, datetime, dict, str]
    assert rows == list(
        Robot.objects.filter(name="ci").values_list(
            "pk", "enabled", "expires_at", "metadata", "namespace__name"
        )
    )


def test_values_without_conversion_come_back_too() -> None:
    store("ci")
    query = PreparedQuery(
        Robot,
        lambda: Robot.objects.filter(
            name=Parameter("name", models.CharField())
        ).values_list("name"),
    )
    assert query.rows({"name": "ci"}) == [("ci",)]
    assert query.rows({"name": "cd"}) == []


def test_it_is_built_once_and_bound_anew_each_time(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, two = store("one"), store("two")
    build = Counted()
    query = PreparedQuery(Robot, build)
    assert build.built == 0
    with django_assert_num_queries(4):
        found = [query.rows({"name": name}) for name in ("one", "two", "six", "one")]
    assert [[row[0] for row in rows] for rows in found] == [
        [one.pk],
        [two.pk],
        [],
        [one.pk],
    ]
    assert build.built == 1


def test_values_are_bound_and_never_spliced_into_the_statement() -> None:
    store("ci")
    query = PreparedQuery(Robot, Counted())
    for hostile in ("x' OR '1'='1", "%s", "%(name)s", '"; --', "ci%"):
        assert query.rows({"name": hostile}) == []
    assert len(query.rows({"name": "ci"})) == 1


def test_one_parameter_may_stand_in_several_places() -> None:
    robot = store("ci", description="ci")
    store("cd", description="ci")
    name = Parameter("name", models.CharField())
    query = PreparedQuery(
        Robot,
        lambda: Robot.objects.filter(name=name, description=name).values_list("pk"),
    )
    assert query.rows({"name": "ci"}) == [(robot.pk,)]


def test_times_are_compared_as_times() -> None:
    robot = store("ci", expires_at=MOMENT)
    query = PreparedQuery(
        Robot,
        lambda: Robot.objects.filter(
            expires_at=Parameter("at", models.DateTimeField())
        ).values_list("pk", F("expires_at")),
    )
    assert query.rows({"at": MOMENT}) == [(robot.pk, MOMENT)]
    assert query.rows({"at": MOMENT.replace(microsecond=0)}) == []


def test_a_missing_value_is_an_error_and_no_answer() -> None:
    with pytest.raises(KeyError, match="name"):
        PreparedQuery(Robot, Counted()).rows({})


@pytest.mark.parametrize("repeated", [3, 1])
def test_what_is_repeated_comes_back_as_without_that(repeated: int) -> None:
    """Of two columns that need converting, all or only one are among those."""
    store("ci", expires_at=MOMENT, enabled=False)
    store("cd", enabled=True)
    for name in ("web", "api"):
        Namespace.objects.get(name="acme").repositories.create(name=name)

    def build() -> QuerySet[Any, Any]:
        return Robot.objects.order_by("pk", "namespace__repositories__pk").values_list(
            "pk", "enabled", "expires_at", "namespace__repositories__name"
        )

    rows = PreparedQuery(Robot, build, repeated=repeated).rows({})
    assert rows == list(build())
    assert len(rows) == 4
    assert rows == PreparedQuery(Robot, build).rows({})
