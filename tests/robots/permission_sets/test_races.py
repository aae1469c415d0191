"""Many permissions at once, and others who change them at the same moment."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from robots.audit import Performer
from robots.errors import DomainError
from robots.lifecycle.permission_sets import (
    ChangedMeanwhile,
    Counts,
    PermissionSet,
    permission_set,
)
from robots.lifecycle.permission_staging import Staging
from robots.lifecycle.permissions import grant, revoke
from robots.lifecycle.repository_changes import delete_repository
from robots.lifecycle.reviewed_permissions import (
    Outdated,
    Part,
    fingerprint,
    review,
    save_reviewed,
)
from robots.lifecycle.robots import delete_robot
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent, PermissionChange, RepositoryPermission
from robots.models.permission_changes import Change
from robots.roles import Role
from robots.selection import Named
from tests import factories
from tests.conftest import Cast
from tests.robots.accessfile.applying import apply
from tests.robots.permission_sets.held import held, small_print
from tests.robots.permission_sets.waiting import (
    PATIENCE,
    Deed,
    closing,
    elsewhere,
    until_one_waits,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="in the tests of SQLite all threads share one connection",
    ),
]

READ = Wanted(Role.READ)

FILE = """\
version: 1
namespaces:
  acme:
    partial: true
    repositories:
      api:
        permissions:
          acme+ci: read
"""


def at(name: str, deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, before the statement called `name`, let another connection do `deed`."""
    real, todo = getattr(Staging, name), [deed]

    def meets(self: Staging, *args: Any) -> Any:
        if todo:
            elsewhere(todo.pop())
        return real(self, *args)

    monkeypatch.setattr(Staging, name, meets)


def read_everywhere(cast: Cast) -> Counts:
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], None, READ)
        return wanted.save(factories.BY)


def grants_before_save(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, another connection grants what was told to be added."""
    real, todo = PermissionSet.save, [1]

    def save(self: PermissionSet, by: Performer) -> Counts:
        if todo:
            todo.pop()
            elsewhere(lambda: grant(cast.api, cast.ci, Role.ADMIN, factories.BY))
        return real(self, by)

    monkeypatch.setattr(PermissionSet, "save", save)


def assert_only_granted(cast: Cast) -> None:
    """Only the other one's grant is stored."""
    assert held(cast.ci) == {"api": Wanted(Role.ADMIN), "web": Wanted(Role.WRITE)}
    assert (events_of(cast), PermissionChange.objects.count()) == ([], 0)


def events_of(cast: Cast) -> list[AuditEvent]:
    found = AuditEvent.objects.filter(kind="change_repo_permissions")
    return list(found.filter(facts__username=cast.ci.full_name))


@pytest.mark.parametrize("name", ["lock_permissions", "groups", "first_names"])
@pytest.mark.parametrize("role", [Role.READ, Role.ADMIN])
def test_a_grant_before_the_rows_are_written_is_told_of(
    name: str, role: Role, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(name, lambda: grant(cast.api, cast.ci, role, factories.BY), monkeypatch)
    made = read_everywhere(cast)
    assert held(cast.ci) == {"api": READ, "public": READ, "web": READ}
    (event,) = events_of(cast)
    was = {} if role is Role.READ else {"api": ("changed", role, None)}
    assert small_print(event) == {
        "public": ("added", None, None),
        "web": ("changed", Role.WRITE, None),
        **was,
    }
    assert made == Counts(added=1, changed=1 + len(was), unchanged=1 - len(was))


@pytest.mark.parametrize("name", ["write_small_print", "replace", "add"])
def test_a_grant_between_the_statements_makes_it_try_again(
    name: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(name, lambda: grant(cast.api, cast.ci, Role.ADMIN, factories.BY), monkeypatch)
    assert read_everywhere(cast) == Counts(added=1, changed=2)
    (event,) = events_of(cast)
    assert small_print(event)["api"] == ("changed", Role.ADMIN, None)
    assert PermissionChange.objects.count() == 3


def test_who_was_told_first_gets_a_refusal_instead(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at("add", lambda: grant(cast.api, cast.ci, Role.ADMIN, factories.BY), monkeypatch)
    with (
        pytest.raises(DomainError, match="changed meanwhile"),
        permission_set(cast.acme) as wanted,
    ):
        wanted.want_everywhere([cast.ci], None, READ)
        wanted.lock()
        assert wanted.counts() == Counts(added=2, changed=1)
        wanted.save(factories.BY)
    assert held(cast.ci) == {"api": Wanted(Role.ADMIN), "web": Wanted(Role.WRITE)}
    assert (events_of(cast), PermissionChange.objects.count()) == ([], 0)


@pytest.mark.parametrize("role", [Role.READ, None])
@pytest.mark.parametrize("moment", ["counts", "changes"])
def test_what_is_granted_after_it_was_told_refuses_all(
    moment: str, role: Role | None, cast: Cast
) -> None:
    with (
        pytest.raises(ChangedMeanwhile),
        permission_set(cast.acme) as wanted,
    ):
        wanted.want_everywhere([cast.ci], None, Wanted(role))
        wanted.lock()
        told = wanted.counts()
        if moment == "changes":
            assert len(list(wanted.changes())) == told.changes
        elsewhere(lambda: grant(cast.api, cast.ci, Role.ADMIN, factories.BY))
        assert wanted.counts() == told
        wanted.save(factories.BY)
    assert_only_granted(cast)


@pytest.mark.parametrize("role", ["read", "none"])
@pytest.mark.parametrize("lists", [True, False])
def test_the_command_refuses_it_too(
    lists: bool, role: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants_before_save(cast, monkeypatch)
    arguments = ["acme", role, "--to", "acme+ci", "--all", *["--list"][: int(lists)]]
    with pytest.raises(CommandError, match="changed meanwhile") as caught:
        call_command("set_permissions", *arguments)
    assert caught.value.returncode == 2
    assert_only_granted(cast)


def test_an_access_file_is_refused_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants_before_save(cast, monkeypatch)
    with pytest.raises(DomainError, match="changed meanwhile"):
        apply(FILE)
    assert_only_granted(cast)


@pytest.mark.parametrize("name", ["lock_permissions", "groups", "add"])
def test_what_was_reviewed_is_outdated(
    name: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [Part(Named(["api", "web"]), READ)]
    seen = fingerprint(review(cast.acme, cast.ci, parts, factories.BY))
    at(name, lambda: grant(cast.api, cast.ci, Role.ADMIN, factories.BY), monkeypatch)
    with pytest.raises(Outdated):
        save_reviewed(cast.acme, cast.ci, parts, factories.BY, seen)
    assert_only_granted(cast)


def test_a_repository_that_goes_before_it_is_locked_refuses_all(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    deed = lambda: delete_repository(cast.public, factories.BY)  # noqa: E731
    at("lock_repositories", deed, monkeypatch)
    with pytest.raises(DomainError, match="nothing was changed"):
        read_everywhere(cast)
    assert held(cast.ci) == {"web": Wanted(Role.WRITE)}
    assert (events_of(cast), PermissionChange.objects.count()) == ([], 0)


@pytest.mark.parametrize("name", ["lock_permissions", "write_small_print", "add"])
def test_who_deletes_a_repository_later_waits(
    name: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is in a ring: one locks the repository first as the other does."""
    outcomes: list[Future[object]] = []
    deed = lambda: delete_repository(cast.web, factories.BY)  # noqa: E731
    with ThreadPoolExecutor(1) as pool:

        def begun() -> None:
            outcomes.append(pool.submit(closing, deed))
            until_one_waits()

        at(name, begun, monkeypatch)
        with permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.ci, cast.team], None, READ)
            assert wanted.save(factories.BY) == Counts(added=4, changed=2)
        assert outcomes[0].exception(PATIENCE) is None
    everywhere = {"api": READ, "public": READ}
    assert held(cast.ci) == held(cast.team) == everywhere


@pytest.mark.parametrize("deed", [revoke, delete_robot], ids=["revoke", "delete robot"])
def test_who_takes_away_waits_for_the_end(
    deed: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, pools = Event(), []
    what = (cast.web, cast.ci) if deed is revoke else (cast.ci,)

    def other() -> object:
        begun.set()
        return deed(*what, factories.BY)

    with ThreadPoolExecutor(1) as pool:
        with permission_set(cast.acme) as wanted:
            wanted.want([(cast.web.pk, cast.ci, READ)])
            wanted.lock()
            pools.append(pool.submit(closing, other))
            assert begun.wait(PATIENCE)
            assert wanted.save(factories.BY) == Counts(changed=1)
        assert pools[0].exception(PATIENCE) is None
    assert held(cast.ci) == {}
    (event,) = events_of(cast)
    assert small_print(event) == {"web": ("changed", Role.WRITE, None)}


def test_many_sets_of_the_same_grantees_come_one_after_the_other(cast: Cast) -> None:
    roles = list(Role) * 4

    def saved(role: Role) -> object:
        with permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.ci, cast.reader], None, Wanted(role))
            return wanted.save(factories.BY)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda role: closing(lambda: saved(role)), roles))
    assert len(made) == len(roles)
    last = Wanted(Role(RepositoryPermission.objects.filter(robot=cast.ci)[0].role))
    everywhere = {"api": last, "public": last, "web": last}
    assert held(cast.ci) == held(cast.reader) == everywhere
    added = PermissionChange.objects.filter(change=Change.ADDED)
    assert added.count() == 4, "each permission is added once"


def test_sets_and_single_grants_end_in_one_of_the_orders(cast: Cast) -> None:
    def bulk() -> object:
        return read_everywhere(cast)

    def single() -> object:
        return grant(cast.api, cast.ci, Role.ADMIN, factories.BY)

    def gone() -> None:
        revoke(cast.api, cast.ci, factories.BY)

    failures = []
    with ThreadPoolExecutor(6) as pool:
        deeds: list[Deed] = [bulk, single, bulk, gone, single, bulk] * 4
        for future in [pool.submit(closing, deed) for deed in deeds]:
            failures.append(future.exception(PATIENCE))
    assert not [one for one in failures if isinstance(one, Error)]
    with transaction.atomic():
        role = held(cast.ci).get("api")
    assert role in (None, READ, Wanted(Role.ADMIN))
    told = set(PermissionChange.objects.values_list("event_id", flat=True))
    assert told == {event.pk for event in events_of(cast)}
