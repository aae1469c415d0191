"""Many permissions at once: what is stored, and what is told of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from robots.lifecycle.permission_sets import ChangedPermission, Counts, permission_set
from robots.lifecycle.permissions import grant
from robots.lifecycle.wanted import Wanted
from robots.models.permission_changes import Change
from robots.roles import Role
from robots.selection import Matching, Named
from tests import factories
from tests.conftest import Cast
from tests.robots.permission_sets.held import (
    END,
    NONE,
    READ,
    WRITE,
    bulk_events,
    held,
    small_print,
    temporary_tables,
)


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
