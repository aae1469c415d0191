"""Prepared writes: what the ORM would store, all of it or nothing, in one journey."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from robots.models import AuditEvent, Namespace, Robot, RobotToken, Team, TeamMember
from robots.prepared import Parameter
from robots.prepared_writes import Added, PreparedWrites, Values
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 6, 1, 12, 30, 15, 999, tzinfo=UTC)
OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


def use() -> tuple["models.QuerySet[Any, Any]", Values]:
    """A robot that is enabled, which was used at a time."""
    robot = Parameter("robot", models.BigIntegerField())
    robots = Robot.objects.order_by().filter(pk=robot, enabled=True)
    return robots, {"last_used_at": Parameter("now", models.DateTimeField())}


@pytest.fixture
def writes() -> PreparedWrites:
    return PreparedWrites(
        Robot,
        use,
        token=Added(RobotToken),
        team=Added(Team),
        member=Added(TeamMember, team_id="team"),
        event=Added(AuditEvent),
    )


def used(robot: Robot) -> dict[str, Any]:
    return {"robot": robot.pk, "now": MOMENT}


def token(robot: Robot, digest: str = "a" * 64) -> dict[str, Any]:
    return {"robot_id": robot.pk, "digest": digest, "sealed": b"\x00%s\xff"}


EVENT = {"kind": "kind", "performer_kind": "robot", "performer_name": "x'%s\""}


def stored() -> tuple[int, int]:
    return RobotToken.objects.count(), AuditEvent.objects.count()


def test_an_update_and_its_rows_are_written(cast: Cast, writes: PreparedWrites) -> None:
    assert writes.run(used(cast.ci), token=token(cast.ci), event=EVENT)
    cast.ci.refresh_from_db()
    assert cast.ci.last_used_at == MOMENT
    made = RobotToken.objects.get(digest="a" * 64)
    assert bytes(made.sealed or b"") == b"\x00%s\xff"
    assert AuditEvent.objects.get(kind="kind").performer_name == "x'%s\""


def test_what_is_not_given_is_what_the_model_says(
    cast: Cast, writes: PreparedWrites
) -> None:
    writes.run(used(cast.ci), token=token(cast.ci, "b" * 64), event=EVENT)
    RobotToken.objects.create(**token(cast.ci, "c" * 64))
    AuditEvent.objects.create(**{**EVENT, "kind": "other"})
    tokens = RobotToken.objects.filter(digest__in=["b" * 64, "c" * 64])
    events = AuditEvent.objects.filter(kind__in=["kind", "other"])
    for pair in (tokens.values(), events.values()):
        one, other = (dict[str, Any](row) for row in pair)
        assert abs(one["created_at"] - other["created_at"]) < timedelta(hours=1)
        differing = {name for name in one if one[name] != other[name]}
        assert differing <= {"id", "digest", "kind", "created_at"}


def test_a_row_can_have_the_key_of_another_one(
    cast: Cast, writes: PreparedWrites
) -> None:
    team = {"namespace_id": cast.acme.pk, "name": "builders"}
    member = {"namespace_id": cast.acme.pk, "robot_id": cast.ci.pk}
    assert writes.run(used(cast.ci), team=team, member=member)
    made = TeamMember.objects.get(team__name="builders")
    assert (made.robot, made.team.namespace) == (cast.ci, cast.acme)


def test_only_the_rows_that_are_given_are_added(
    cast: Cast, writes: PreparedWrites
) -> None:
    before = stored()
    for rows in ({}, {"event": EVENT}, {}):
        assert writes.run(used(cast.ci), **rows)
    assert stored() == (before[0], before[1] + 1)


def test_nothing_is_written_where_nothing_is_to_update(
    cast: Cast, writes: PreparedWrites
) -> None:
    before = stored()
    Robot.objects.update(enabled=False)
    assert not writes.run(used(cast.ci), token=token(cast.ci), event=EVENT)
    cast.ci.refresh_from_db()
    assert (cast.ci.last_used_at, stored()) == (None, before)


def test_nothing_is_written_where_one_row_may_not_be(
    cast: Cast, writes: PreparedWrites
) -> None:
    writes.run(used(cast.ci), token=token(cast.ci), event=EVENT)
    Robot.objects.update(last_used_at=None)
    before = stored()
    with pytest.raises(IntegrityError):
        writes.run(used(cast.ci), token=token(cast.ci), event=EVENT)
    cast.ci.refresh_from_db()
    assert (cast.ci.last_used_at, stored()) == (None, before)


@pytest.mark.parametrize(
    "rows",
    [
        {"nothing": {}},
        {"event": {**EVENT, "secret": "x"}},
        {"member": {"team_id": 1}},
    ],
    ids=["row", "column", "link"],
)
def test_a_name_that_is_not_known_is_an_error(
    rows: dict[str, Any], cast: Cast, writes: PreparedWrites
) -> None:
    before = stored()
    with pytest.raises(TypeError):
        writes.run(used(cast.ci), **rows)
    assert stored() == before


def test_values_are_bound_and_never_spliced_into_the_statement(
    cast: Cast, writes: PreparedWrites
) -> None:
    for hostile in ("x' OR '1'='1", "%s", "%%", "%(name)s", '"; --', "?"):
        event = {**EVENT, "kind": hostile, "facts": {hostile: [hostile, None]}}
        assert writes.run(used(cast.ci), event=event)
        assert AuditEvent.objects.get(kind=hostile).facts == {hostile: [hostile, None]}


def test_postgresql_is_asked_once_for_all_of_it(
    cast: Cast, writes: PreparedWrites
) -> None:
    writes.run(used(cast.ci), token=token(cast.ci), event=EVENT)
    with CaptureQueriesContext(connection) as captured:
        writes.run(used(cast.ci), token=token(cast.ci, "d" * 64), event=EVENT)
    statements = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(OF_TRANSACTIONS)
    ]
    assert len(statements) == (1 if connection.vendor == "postgresql" else 3)


@pytest.mark.django_db(transaction=True)
def test_the_one_statement_is_a_transaction_by_itself(writes: PreparedWrites) -> None:
    acme = Namespace.objects.create(name="acme")
    robot = Robot.objects.create(namespace=acme, name="ci")
    assert writes.run(used(robot), token=token(robot), event=EVENT)
    before = stored()
    with CaptureQueriesContext(connection) as captured:
        assert writes.run(used(robot), token=token(robot, "e" * 64), event=EVENT)
        # Its event comes last, and refuses all of it.
        with pytest.raises(IntegrityError):
            writes.run(
                used(robot),
                token=token(robot, "f" * 64),
                event={**EVENT, "facts": None},
            )
    assert stored() == (before[0] + 1, before[1] + 1)
    if connection.vendor == "postgresql":
        assert len(captured) == 2
    assert timezone.now() - AuditEvent.objects.all()[0].created_at < timedelta(hours=1)
