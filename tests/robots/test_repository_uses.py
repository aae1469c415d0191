"""Uses of repositories: noted without a query, written together, none twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError
from pytest_django import DjangoAssertNumQueries

from robots import repository_use_rows, repository_uses
from robots.decision import AccessRequest, Decision
from robots.identity import ANONYMOUS, Kind
from robots.lifecycle.repository_changes import delete_repository
from robots.lifecycle.robots import delete_robot
from robots.models import Repository, RepositoryUse, Robot
from robots.names import RepositoryName
from robots.repository_uses import RepositoryUses
from robots.roles import Action
from robots.usage import Usage
from tests import factories
from tests.conftest import Cast

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


def stored() -> list[tuple[str, str, str]]:
    return sorted(
        (str(use.repository), str(use.robot or use.user), use.action)
        for use in RepositoryUse.objects.all()
    )


def pulled(
    uses: RepositoryUses, robot: Robot, repository: Repository, when: datetime = NOW
) -> None:
    uses.note(Kind.ROBOT, robot.pk, repository.pk, "pull", when)


def test_noting_a_use_asks_nothing_of_the_database(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        pulled(RepositoryUses(), cast.ci, cast.web)


def test_robots_and_people_with_the_same_key_are_two_callers(cast: Cast) -> None:
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web)
    uses.note(Kind.USER, cast.alice.pk, cast.web.pk, "push", NOW)
    uses.flush()
    assert stored() == [
        ("acme/web", "acme+ci", "pull"),
        ("acme/web", "alice", "push"),
    ]


def test_what_waits_is_counted(cast: Cast) -> None:
    uses = RepositoryUses()
    for robot in (cast.ci, cast.reader):
        for repository in (cast.web, cast.web, cast.api):
            pulled(uses, robot, repository)
    assert uses.waiting() == 4
    uses.note(Kind.USER, cast.alice.pk, cast.web.pk, "push", NOW)
    assert uses.waiting() == 5
    uses.flush()
    assert uses.waiting() == 0


def test_the_first_and_the_latest_use_are_kept(cast: Cast) -> None:
    uses = RepositoryUses()
    for minutes in (-3, -5, -1, -2):
        pulled(uses, cast.ci, cast.web, NOW + minutes * MINUTE)
    uses.flush()
    row = RepositoryUse.objects.get()
    assert (row.first_used_at, row.last_used_at) == (NOW - 5 * MINUTE, NOW - MINUTE)
    for minutes in (-60, 0):
        pulled(uses, cast.ci, cast.web, NOW + minutes * MINUTE)
        uses.flush()
    row.refresh_from_db()
    assert row.first_used_at == NOW - 5 * MINUTE
    assert row.last_used_at == NOW


def test_an_older_use_that_is_told_late_takes_nothing_back(cast: Cast) -> None:
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web)
    uses.flush()
    pulled(uses, cast.ci, cast.web, NOW - MINUTE)
    uses.flush()
    assert RepositoryUse.objects.get().last_used_at == NOW


def test_a_clock_that_is_wrong_makes_no_history(cast: Cast) -> None:
    """The first use says since when uses are known: nobody may make it older."""
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web, datetime(1970, 1, 2, tzinfo=UTC))
    pulled(uses, cast.reader, cast.web, NOW + timedelta(days=900))
    uses.flush()
    old, early = RepositoryUse.objects.order_by("robot__name")
    assert old.robot == cast.ci
    assert NOW - timedelta(days=2) < old.first_used_at <= old.last_used_at
    assert old.last_used_at < NOW - timedelta(hours=23)
    assert early.last_used_at < NOW + timedelta(days=1)


def test_many_uses_are_one_statement_in_one_transaction(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    uses = RepositoryUses()
    for repository in (cast.web, cast.api, cast.public):
        for robot in (cast.ci, cast.reader):
            pulled(uses, robot, repository)
    with django_assert_num_queries(3):  # a savepoint around it
        uses.flush()
    assert len(stored()) == 6
    with django_assert_num_queries(0):
        uses.flush()


def test_more_uses_than_one_statement_takes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository_uses, "_BATCH", 2)
    uses = RepositoryUses()
    for repository in (cast.web, cast.api, cast.public):
        for robot in (cast.ci, cast.reader):
            pulled(uses, robot, repository)
    uses.flush()
    assert len(stored()) == 6


def test_what_is_gone_does_not_stop_the_others(cast: Cast) -> None:
    uses = RepositoryUses()
    pulled(uses, cast.reader, cast.web)
    pulled(uses, cast.reader, cast.api)
    pulled(uses, cast.ci, cast.api)
    uses.note(Kind.USER, cast.charlie.pk, cast.web.pk, "pull", NOW)
    uses.note(Kind.USER, cast.bob.pk, cast.web.pk, "pull", NOW)
    delete_repository(cast.web, factories.BY)
    delete_robot(cast.ci, factories.BY)
    cast.charlie.delete()
    uses.flush()
    assert stored() == [("acme/api", "acme+reader", "pull")]


def test_who_loses_a_race_against_a_deletion_tries_once_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tries = repository_use_rows.write, []

    def refused_at_first(*args: Any) -> None:
        tries.append(args)
        if len(tries) == 1:
            raise IntegrityError("no such repository")
        write(*args)

    monkeypatch.setattr(repository_uses, "write", refused_at_first)
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web)
    uses.flush()
    assert stored() == [("acme/web", "acme+ci", "pull")]
    assert len(tries) == 2


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [(OperationalError, True), (ProgrammingError, False), (IntegrityError, False)],
)
def test_only_an_outage_keeps_uses_for_the_next_time(
    error: type[Exception],
    is_kept: bool,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What the database will never take must not come again for ever."""
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web, NOW - MINUTE)

    def fails(*_: object) -> None:
        raise error("secret detail")

    with monkeypatch.context() as patch:
        patch.setattr(repository_uses, "write", fails)
        uses.flush()
    assert stored() == []
    assert "secret detail" not in caplog.text
    pulled(uses, cast.reader, cast.web)
    uses.flush()
    told = "1 uses of repositories dropped: refused" in caplog.text
    assert told is not is_kept
    kept = [("acme/web", "acme+ci", "pull")] if is_kept else []
    assert stored() == [*kept, ("acme/web", "acme+reader", "pull")]


def test_no_more_uses_wait_than_there_is_room_for(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(repository_uses, "MAX_WAITING", 2)
    uses = RepositoryUses()
    for repository in (cast.web, cast.api, cast.public):
        pulled(uses, cast.ci, repository)
    pulled(uses, cast.ci, cast.web, NOW + MINUTE)
    uses.flush()
    assert [name for name, *_ in stored()] == ["acme/api", "acme/web"]
    assert "1 uses of repositories dropped" in caplog.text


def test_a_flush_is_hurried_once_enough_uses_wait(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by what an outage kept: it would be tried again without a pause."""
    hurried: list[int] = []
    uses = RepositoryUses()
    monkeypatch.setattr(repository_uses, "ENOUGH", 2)
    monkeypatch.setattr(Usage, "hurry", lambda _: hurried.append(uses.waiting()))
    for repository in (cast.web, cast.web, cast.api, cast.public):
        pulled(uses, cast.ci, repository)
    assert hurried == [2]

    def fails(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(repository_uses, "write", fails)
        uses.flush()
    assert (uses.waiting(), hurried) == (3, [2])
    uses.flush()
    assert [name for name, *_ in stored()] == ["acme/api", "acme/public", "acme/web"]


def test_what_is_no_use_is_refused_at_once(cast: Cast) -> None:
    """Later it would be refused with all that is written together with it."""
    uses = RepositoryUses()
    pulled(uses, cast.ci, cast.web)
    with pytest.raises(ValueError, match="'\\*' is not a use"):
        uses.note(Kind.ROBOT, cast.ci.pk, cast.web.pk, "*", NOW)
    uses.flush()
    assert stored() == [("acme/web", "acme+ci", "pull")]


def test_granted_actions_of_existing_repositories_are_uses(cast: Cast) -> None:
    def decision(*granted: Action, key: int | None) -> Decision:
        request = AccessRequest(RepositoryName("acme", "web"), frozenset(Action))
        return Decision(request, frozenset(granted), repository_id=key)

    decisions = [
        decision(Action.PULL, Action.ALL, key=cast.web.pk),
        decision(Action.DELETE, Action.PUSH, key=cast.api.pk),
        decision(key=cast.public.pk),
        decision(Action.PUSH, key=None),
    ]
    uses = RepositoryUses()
    uses.note_granted(factories.robot_identity(cast.ci), decisions, NOW)
    uses.note_granted(ANONYMOUS, decisions, NOW)
    uses.flush()
    assert stored() == [
        ("acme/api", "acme+ci", "delete"),
        ("acme/api", "acme+ci", "push"),
        ("acme/web", "acme+ci", "delete"),
        ("acme/web", "acme+ci", "pull"),
    ]
