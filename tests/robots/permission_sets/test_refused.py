"""Sets of permissions that cannot be, and failures: nothing changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.lifecycle.permission_sets import Counts, PermissionSet, permission_set
from robots.lifecycle.permission_staging import Staging
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent, PermissionChange
from robots.roles import Role
from robots.selection import Matching, Named
from tests import factories
from tests.conftest import Cast
from tests.robots.permission_sets.held import (
    END,
    NONE,
    READ,
    bulk_events,
    held,
    stored,
    temporary_tables,
)


@pytest.mark.django_db
def test_whom_no_permission_may_name(cast: Cast) -> None:
    other = factories.organization("other")
    (foreign, _), team = factories.robot(other, "ci"), factories.team(other, "dev")
    own = cast.alice.personal_namespace
    mine = factories.repository(own, "mine")
    before = stored()
    for namespace, grantee, repository in (
        (cast.acme, foreign, cast.web),
        (cast.acme, team, cast.web),
        (own, cast.alice, mine),
    ):
        with pytest.raises(DomainError), permission_set(namespace) as wanted:
            wanted.want([(repository.pk, grantee, READ)])
        with pytest.raises(DomainError), permission_set(namespace) as wanted:
            wanted.want_everywhere([cast.bob, grantee], None, READ)
    assert stored() == before
    assert ForeignNamespace.__mro__[1] is DomainError


@pytest.mark.django_db
def test_ends_that_cannot_be(cast: Cast) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for what in (Wanted(Role.READ, past), Wanted(None, END)):
        with (
            pytest.raises(DomainError, match="until"),
            permission_set(cast.acme) as wanted,
        ):
            wanted.want([(cast.web.pk, cast.ci, what)])
    with permission_set(cast.acme, past_ends=True) as wanted:
        wanted.want([(cast.web.pk, cast.ci, Wanted(Role.READ, past))])
        assert wanted.save(factories.BY) == Counts(changed=1)
    assert held(cast.ci) == {"web": Wanted(Role.READ, past)}


@pytest.mark.django_db
def test_what_is_gone_or_of_another_namespace_is_refused(cast: Cast) -> None:
    theirs = factories.repository(factories.organization("other"), "web")
    gone = factories.repository(cast.acme, "gone")
    gone_id = gone.pk
    gone.delete()
    before = stored()
    for repository_id in (theirs.pk, gone_id):
        for deed in (PermissionSet.lock, lambda wanted: wanted.save(factories.BY)):
            with (
                pytest.raises(DomainError, match="nothing was changed"),
                permission_set(cast.acme) as wanted,
            ):
                wanted.want([(cast.api.pk, cast.ci, READ)])
                wanted.want([(repository_id, cast.ci, READ)])
                deed(wanted)
    assert stored() == before
    cast.reader.delete()
    before = stored()
    cast.reader.pk = 987_654
    with pytest.raises(NotFound), permission_set(cast.acme) as wanted:
        wanted.want([(cast.api.pk, cast.reader, READ)])
        wanted.save(factories.BY)
    assert stored() == before
    assert bulk_events() == []


@pytest.mark.django_db
def test_a_refused_save_leaves_the_transaction_usable(cast: Cast) -> None:
    with transaction.atomic():
        with pytest.raises(DomainError), permission_set(cast.acme) as wanted:
            wanted.want([(987_654, cast.ci, READ)])
            wanted.save(factories.BY)
        assert temporary_tables() == []
        with permission_set(cast.acme) as wanted:
            wanted.want([(cast.api.pk, cast.ci, READ)])
            wanted.save(factories.BY)
    assert held(cast.ci)["api"] == READ


@pytest.mark.django_db
def test_a_caller_who_undoes_the_transaction_undoes_all(cast: Cast) -> None:
    before = stored()
    with transaction.atomic():
        with permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.ci], None, NONE)
            wanted.save(factories.BY)
        transaction.set_rollback(True)
    assert stored() == before
    assert (bulk_events(), PermissionChange.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_names_are_never_part_of_a_statement(cast: Cast) -> None:
    evil = "o'brien\"; DROP TABLE robots_robot; -- %s {staged}"
    for selection in (
        Named([evil]),
        Matching("a'b*"),
        Matching("a%b*"),
        Matching(evil),
    ):
        with pytest.raises(DomainError), permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.bob], selection, READ)
    cast.acme.name = evil
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], Named(["api"]), READ)
        assert wanted.counts_by_grantee() == {f"{evil}+ci": Counts(added=1)}
        assert [made.grantee for made in wanted.changes()] == [f"{evil}+ci"]
        wanted.save(factories.BY)
    assert bulk_events()[0].facts["username"] == f"{evil}+ci"


STATEMENTS = (
    "lock_grantees",
    "lock_permissions",
    "compare",
    "groups",
    "first_names",
    "note_events",
    "write_small_print",
    "remove",
    "replace",
    "add",
    "drop",
)


class Broken(Exception):
    """What a test lets fail."""


@contextmanager
def broken(name: str, monkeypatch: pytest.MonkeyPatch, after: bool) -> Iterator[None]:
    """Let one statement fail, before it is run or just after it."""
    real = getattr(Staging, name)

    def fails(self: Staging, *args: Any) -> Any:
        if after:
            real(self, *args)
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(Staging, name, fails)
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_failure_anywhere_changes_nothing(
    name: str, after: bool, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, events = stored(), AuditEvent.objects.count()
    with (
        broken(name, monkeypatch, after),
        pytest.raises(Broken),
        permission_set(cast.acme) as wanted,
    ):
        wanted.want_everywhere([cast.ci, cast.team], None, READ)
        wanted.want([(cast.web.pk, cast.reader, NONE)])
        wanted.save(factories.BY)
    assert stored() == before
    assert AuditEvent.objects.count() == events
    assert not PermissionChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_error_changes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robots.lifecycle.permission_sql.ADD", "INSERT INTO nowhere")
    before = stored()
    with pytest.raises(DatabaseError), permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], None, READ)
        wanted.save(factories.BY)
    assert (stored(), bulk_events()) == (before, [])
    assert not PermissionChange.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["write_small_print", "remove", "replace", "add"])
def test_a_race_is_tried_again_and_then_told(
    name: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, wrong = getattr(Staging, name), [1, 1]

    def counts(self: Staging, *args: Any) -> int:
        done: int = real(self, *args)
        return done - (wrong.pop() if wrong else 0)

    monkeypatch.setattr(Staging, name, counts)

    def saved(locked: bool) -> Counts:
        with permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.ci], None, READ)
            wanted.want([(cast.web.pk, cast.reader, NONE)])
            if locked:
                wanted.lock()
            return wanted.save(factories.BY)

    before = stored()
    with pytest.raises(DomainError, match="changed meanwhile; nothing was changed"):
        saved(locked=True)
    assert (stored(), bulk_events()) == (before, [])
    wrong[:] = [1, 1]
    assert saved(locked=False) == Counts(added=2, changed=1, removed=1)
    assert len(bulk_events()) == 2
    assert PermissionChange.objects.count() == 4
