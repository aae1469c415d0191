"""Many permissions at once: what is written, what the audit keeps, nothing halfway."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.lifecycle.bulk_permissions import Held, Plan, plan
from robots.lifecycle.permission_sets import (
    ChangedPermission,
    Counts,
    PermissionSet,
    permission_set,
)
from robots.lifecycle.permission_staging import Staging
from robots.lifecycle.permissions import Grantee, grant
from robots.lifecycle.wanted import Wanted
from robots.models import (
    AuditEvent,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
)
from robots.models.permission_changes import Change
from robots.roles import Role
from robots.selection import Matching, Named
from tests import factories
from tests.conftest import Cast

END = datetime(2040, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
READ, WRITE, NONE = Wanted(Role.READ), Wanted(Role.WRITE), Wanted(None)
TEMPORARY = ("wanted_", "differences_", "events_")


def stored() -> list[tuple[Any, ...]]:
    """Every permission, with all that a set may write."""
    columns = ("repository__name", "user", "robot", "team", "role", "expires_at")
    rows = RepositoryPermission.objects.order_by("repository__name", "pk")
    return sorted(rows.values_list(*columns), key=repr)


def held(grantee: Grantee) -> dict[str, Wanted]:
    rows = RepositoryPermission.objects.select_related("repository")
    return {
        row.repository.name: Wanted(Role(row.role), row.expires_at)
        for row in rows
        if row.grantee == grantee
    }


def bulk_events() -> list[AuditEvent]:
    found = AuditEvent.objects.filter(kind="change_repo_permissions")
    return list(found.order_by("pk"))


def small_print(event: AuditEvent) -> dict[str, tuple[str, int | None, Any]]:
    rows = PermissionChange.objects.filter(event=event)
    return {
        row.repository_name: (
            row.get_change_display(),
            row.before_role,
            row.before_until,
        )
        for row in rows
    }


def temporary_tables() -> list[str]:
    found = {
        "sqlite": "SELECT name FROM sqlite_temp_master",
        "postgresql": "SELECT relname FROM pg_class WHERE relpersistence = 't'"
        " AND relkind = 'r'",
    }
    with connection.cursor() as cursor:
        cursor.execute(found[connection.vendor])
        names = [name for (name,) in cursor.fetchall()]
    return [name for name in names if name.startswith(TEMPORARY)]


@pytest.fixture(autouse=True)
def no_table_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "cast" in request.fixturenames:
        assert temporary_tables() == []


@pytest.mark.django_db
def test_every_kind_of_grantee_and_change(cast: Cast) -> None:
    grant(cast.web, cast.bob, Role.READ, factories.BY, END)
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci, cast.team], None, READ)
        wanted.want([(cast.web.pk, cast.bob, NONE), (cast.api.pk, cast.bob, NONE)])
        counts = wanted.counts_by_grantee()
        changes = list(wanted.changes())
        assert wanted.counts() == Counts(added=4, changed=2, removed=1, unchanged=1)
        assert wanted.save(factories.BY) == Counts(4, 2, 1, 1)
    assert counts == {
        "acme+ci": Counts(added=2, changed=1),
        "bob": Counts(removed=1, unchanged=1),
        "team:developers": Counts(added=2, changed=1),
    }
    everywhere = {"api": READ, "public": READ, "web": READ}
    assert held(cast.ci) == held(cast.team) == everywhere
    assert held(cast.bob) == {}
    assert held(cast.reader) == {"web": READ}, "of which nothing was said"
    assert changes == sorted(changes, key=lambda made: made[:2])
    assert ChangedPermission("web", "acme+ci", Change.CHANGED, WRITE, READ) in changes
    assert (
        ChangedPermission("web", "bob", Change.REMOVED, Wanted(Role.READ, END), NONE)
        in changes
    )


@pytest.mark.django_db
def test_the_audit_tells_of_each_grantee_role_end_and_repository(cast: Cast) -> None:
    until = Wanted(Role.READ, END)
    with permission_set(cast.acme) as wanted:
        wanted.want(
            [
                (cast.web.pk, cast.ci, until),
                (cast.api.pk, cast.ci, READ),
                (cast.public.pk, cast.ci, READ),
                (cast.web.pk, cast.reader, NONE),
                (cast.api.pk, cast.reader, NONE),
            ]
        )
        wanted.save(factories.BY)
    told = [(event.facts["username"], event.facts["role"]) for event in bulk_events()]
    assert sorted(told) == [
        ("acme+ci", "read"),
        ("acme+ci", "read"),
        ("acme+reader", "none"),
    ]
    ended = next(event for event in bulk_events() if event.facts["until"])
    assert ended.facts == {
        "username": "acme+ci",
        "role": "read",
        "until": END.isoformat(),
        "counts": {"added": 0, "changed": 1, "removed": 0},
        "added": [],
        "changed": ["web"],
        "removed": [],
    }
    assert (ended.namespace, ended.performer_name) == (cast.acme, "manage.py tests")
    assert [small_print(event) for event in bulk_events()] == [
        {"web": ("changed", Role.WRITE, None)},
        {"api": ("added", None, None), "public": ("added", None, None)},
        {"web": ("removed", Role.READ, None)},
    ]


@pytest.mark.django_db
def test_an_event_names_a_hundred_and_the_small_print_all(cast: Cast) -> None:
    for number in range(120):
        factories.repository(cast.acme, f"app-{number:03}")
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], Matching("app-*"), READ)
        assert wanted.save(factories.BY) == Counts(added=120)
    (event,) = bulk_events()
    assert event.facts["counts"]["added"] == 120
    assert event.facts["added"] == [f"app-{number:03}" for number in range(100)]
    assert len(small_print(event)) == 120


@pytest.mark.django_db
def test_a_second_time_changes_nothing(cast: Cast) -> None:
    for expected in (Counts(added=2, changed=1), Counts(unchanged=3)):
        with permission_set(cast.acme) as wanted:
            wanted.want_everywhere([cast.ci], None, Wanted(Role.ADMIN, END))
            assert wanted.counts() == expected
            assert wanted.save(factories.BY) == expected
            assert list(wanted.changes()) == []
    assert len(bulk_events()) == 1


@pytest.mark.django_db
def test_what_is_wanted_later_counts(cast: Cast) -> None:
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], None, READ)
        wanted.want_everywhere([cast.ci], Named(["api", "web"]), WRITE)
        wanted.want([(cast.api.pk, cast.ci, NONE), (cast.api.pk, cast.ci, NONE)])
        assert wanted.save(factories.BY) == Counts(added=1, unchanged=2)
    assert held(cast.ci) == {"public": READ, "web": WRITE}


@pytest.mark.django_db
def test_nothing_else_takes_away_what_was_not_wanted(cast: Cast) -> None:
    grant(cast.api, cast.bob, Role.READ, factories.BY)
    grant(cast.web, cast.team, Role.READ, factories.BY)
    grant(cast.web, cast.bob, Role.READ, factories.BY)
    with permission_set(cast.acme) as wanted:
        wanted.want([(cast.web.pk, cast.bob, READ)])
        wanted.want_nothing_else([cast.web.pk, cast.public.pk])
        assert wanted.save(factories.BY) == Counts(removed=3, unchanged=1)
    assert held(cast.bob) == {"api": READ, "web": READ}
    assert held(cast.ci) == held(cast.reader) == {}
    assert held(cast.team) == {"api": WRITE}
    assert {event.facts["role"] for event in bulk_events()} == {"none"}


@pytest.mark.django_db
def test_nothing_else_does_not_reach_another_namespace(cast: Cast) -> None:
    other = factories.organization("other")
    theirs, (robot, _) = (
        factories.repository(other, "web"),
        factories.robot(other, "ci"),
    )
    grant(theirs, robot, Role.READ, factories.BY)
    with permission_set(cast.acme) as wanted:
        wanted.want_nothing_else([theirs.pk])
        assert wanted.save(factories.BY) == Counts()
    assert held(robot) == {"web": READ}


@pytest.mark.django_db
def test_an_empty_set_does_nothing(cast: Cast) -> None:
    with permission_set(cast.acme) as wanted:
        wanted.lock()
        assert (wanted.counts(), list(wanted.changes())) == (Counts(), [])
        assert wanted.save(factories.BY) == Counts()
    assert bulk_events() == []


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
def test_sets_nest_and_changes_may_be_read_in_part(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robots.streams.READ_AT_ONCE", 1)
    with permission_set(cast.acme) as outer:
        outer.want_everywhere([cast.ci], None, READ)
        with permission_set(cast.acme) as inner:
            inner.want_everywhere([cast.ci, cast.reader], None, NONE)
            assert inner.counts() == Counts(removed=2, unchanged=4)
            assert next(iter(inner.changes())).repository == "web"
        assert len(temporary_tables()) == 3
        first = next(iter(outer.changes()))
        assert (first.repository, first.change) == ("api", Change.ADDED)


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


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_permissions(cast: Cast) -> None:
    def queries() -> int:
        with (
            CaptureQueriesContext(connection) as captured,
            permission_set(cast.acme) as wanted,
        ):
            wanted.want_everywhere([cast.ci], None, READ)
            wanted.save(factories.BY)
        return len(captured)

    few = queries()
    for number in range(50):
        factories.repository(cast.acme, f"app-{number}")
    assert queries() <= few + 2
    assert len(held(cast.ci)) == 53


WANTED = st.builds(
    Wanted,
    st.sampled_from(Role),
    st.sampled_from([None, END, END + timedelta(days=1)]),
) | st.just(NONE)
NAMES = [f"app-{number}" for number in range(6)]


class TestAgreement(TestCase):
    """What a set does is what the plan of one grantee says, for every world."""

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(
        has=st.dictionaries(st.sampled_from(NAMES), WANTED),
        chosen=st.sets(st.sampled_from(NAMES)),
        what=WANTED,
        kind=st.sampled_from(["robot", "team", "user"]),
    )
    def test_with_the_plan(
        self, has: dict[str, Wanted], chosen: set[str], what: Wanted, kind: str
    ) -> None:
        acme = factories.organization("acme")
        grantee = _grantee(acme, kind)
        ids = {name: factories.repository(acme, name).pk for name in NAMES}
        before = _given(acme, grantee, has)
        made = plan(what, {name: ids[name] for name in chosen}, before)
        with permission_set(acme) as wanted:
            wanted.want_everywhere([grantee], Named(sorted(chosen)), what)
            told = list(wanted.changes())
            counts = wanted.save(factories.BY)
        assert counts == Counts(
            len(made.added), len(made.changed), len(made.removed), len(made.unchanged)
        )
        assert {(change.repository, change.change) for change in told} == _steps(made)
        expected = {name: one for name, one in has.items() if one.role is not None}
        for name in chosen:
            expected[name] = what
        left = {name: one for name, one in expected.items() if one.role is not None}
        assert held(grantee) == left
        rows = PermissionChange.objects.values_list("repository_name", "change")
        assert set(rows) == _steps(made)


def _grantee(acme: Namespace, kind: str) -> Grantee:
    if kind == "robot":
        return factories.robot(acme, "ci")[0]
    if kind == "team":
        return factories.team(acme, "builders")
    return factories.user("bob")


def _given(
    acme: Namespace, grantee: Grantee, has: dict[str, Wanted]
) -> dict[int, Held]:
    """Grant what is held already; the permissions by the repository's key."""
    found = {}
    for name, one in has.items():
        if one.role is not None:
            repository = Repository.objects.get(namespace=acme, name=name)
            row = grant(repository, grantee, one.role, factories.BY, one.until)
            found[repository.pk] = Held(row.pk, one.role, one.until)
    return found


def _steps(made: Plan) -> set[tuple[str, int]]:
    kinds = zip(Change, (made.added, made.changed, made.removed), strict=True)
    return {(step.name, change.value) for change, steps in kinds for step in steps}
