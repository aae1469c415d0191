"""Setting one role on many repositories: the plan, the deed, and nothing halfway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from robots import batches
from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.lifecycle import bulk_permissions
from robots.lifecycle.bulk_permissions import (
    Held,
    Plan,
    Wanted,
    change_permissions,
    plan,
)
from robots.lifecycle.permission_sets import ChangedMeanwhile
from robots.lifecycle.permissions import Grantee, grant
from robots.models import AuditEvent, Namespace, RepositoryPermission
from robots.roles import Role
from robots.selection import Matching, Named, Selection
from tests import factories
from tests.conftest import Cast

END = datetime(2040, 1, 1, tzinfo=UTC)


def names(made: Plan) -> dict[str, list[str]]:
    kinds = ("added", "changed", "removed", "unchanged")
    lists = {kind: [step.name for step in getattr(made, kind)] for kind in kinds}
    return {kind: listed for kind, listed in lists.items() if listed}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            Wanted(Role.READ),
            {"added": ["free"], "changed": ["until", "write"], "unchanged": ["read"]},
        ),
        (
            Wanted(Role.READ, END),
            {"added": ["free"], "changed": ["read", "write"], "unchanged": ["until"]},
        ),
        (
            Wanted(Role.ADMIN),
            {"added": ["free"], "changed": ["read", "until", "write"]},
        ),
        (
            Wanted(None),
            {"removed": ["read", "until", "write"], "unchanged": ["free"]},
        ),
    ],
)
def test_the_plan(wanted: Wanted, expected: dict[str, list[str]]) -> None:
    repositories = {"write": 3, "until": 4, "read": 1, "free": 2}
    held = {
        1: Held(11, Role.READ, None),
        3: Held(13, Role.WRITE, None),
        4: Held(14, Role.READ, END),
        9: Held(19, Role.ADMIN, None),
    }
    made = plan(wanted, repositories, held)
    assert names(made) == expected
    assert [step.held.id for step in made.changed if step.held] == [
        held[repositories[step.name]].id for step in made.changed
    ]


def test_nothing_planned_changes_nothing() -> None:
    assert names(plan(Wanted(Role.READ), {}, {})) == {}
    assert names(plan(Wanted(None), {"a": 1}, {})) == {"unchanged": ["a"]}


def change(
    cast: Cast,
    selection: Selection,
    wanted: Wanted,
    grantee: Grantee | None = None,
    **options: bool,
) -> Plan:
    return change_permissions(
        cast.acme, grantee or cast.ci, selection, wanted, factories.BY, **options
    )


def held_by(grantee: Grantee) -> dict[str, tuple[int, datetime | None]]:
    rows = RepositoryPermission.objects.select_related("repository")
    return {
        row.repository.name: (row.role, row.expires_at)
        for row in rows
        if row.grantee == grantee
    }


def events() -> list[dict[str, Any]]:
    found = AuditEvent.objects.filter(kind="change_repo_permissions")
    return [event.facts for event in found]


@pytest.mark.django_db
def test_a_role_is_set_changed_and_taken_away(cast: Cast) -> None:
    both = Named(["web", "api", "web"])
    made = change(cast, both, Wanted(Role.READ, END))
    assert names(made) == {"added": ["api"], "changed": ["web"]}
    assert held_by(cast.ci) == {"api": (Role.READ, END), "web": (Role.READ, END)}
    assert names(change(cast, both, Wanted(Role.READ, END))) == {
        "unchanged": ["api", "web"]
    }
    assert names(change(cast, Named(["api", "public"]), Wanted(None))) == {
        "removed": ["api"],
        "unchanged": ["public"],
    }
    assert held_by(cast.ci) == {"web": (Role.READ, END)}
    assert held_by(cast.reader) == {"web": (Role.READ, None)}
    removed, added = events()
    assert added == {
        "username": "acme+ci",
        "role": "read",
        "until": END.isoformat(),
        "counts": {"added": 1, "changed": 1, "removed": 0},
        "added": ["api"],
        "changed": ["web"],
        "removed": [],
    }
    assert (removed["role"], removed["removed"]) == ("none", ["api"])


@pytest.mark.django_db
def test_a_dry_run_only_tells(cast: Cast) -> None:
    before = held_by(cast.ci)
    made = change(cast, Matching("*"), Wanted(Role.ADMIN), dry_run=True)
    assert names(made) == {"added": ["api", "public"], "changed": ["web"]}
    assert held_by(cast.ci) == before
    assert events() == []


@pytest.mark.django_db
def test_people_and_teams_can_be_meant_too(cast: Cast) -> None:
    for grantee, key in ((cast.bob, "username"), (cast.team, "team")):
        change(cast, Named(["web"]), Wanted(Role.WRITE), grantee)
        assert held_by(grantee)["web"] == (Role.WRITE, None)
        assert key in events()[0]
    owned = cast.alice.personal_namespace
    with pytest.raises(DomainError, match="Namespace owner must always be admin"):
        change_permissions(
            owned, cast.alice, Named([]), Wanted(Role.READ), factories.BY
        )


@pytest.mark.django_db
def test_whom_no_permission_may_name(cast: Cast) -> None:
    other = factories.organization("other")
    factories.repository(other, "web")
    foreign, _ = factories.robot(other, "ci")
    team = factories.team(other, "developers")
    for grantee in (foreign, team):
        with pytest.raises(ForeignNamespace):
            change(cast, Named(["web"]), Wanted(Role.READ), grantee)
    cast.reader.delete()
    cast.reader.pk = 987_654
    with pytest.raises(NotFound):
        change(cast, Named(["web"]), Wanted(Role.READ), cast.reader)


@pytest.mark.django_db
def test_ends_that_cannot_be(cast: Cast) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for wanted in (Wanted(Role.READ, past), Wanted(None, END)):
        with pytest.raises(DomainError, match="until"):
            change(cast, Named(["api"]), wanted)
    assert set(held_by(cast.ci)) == {"web"}


@pytest.mark.django_db
def test_unknown_names_are_told_and_nothing_changes(cast: Cast) -> None:
    factories.repository(factories.organization("other"), "secret")
    for unknown in ("secret", "other/secret", "", "A\x00", "\ud800", "x" * 9999):
        with pytest.raises(DomainError, match="No such repository in acme"):
            change(cast, Named(["api", unknown]), Wanted(Role.READ))
    many = [f"no{number}" for number in range(9)]
    with pytest.raises(DomainError, match="no0, no1, no2, no3, no4 and 4 more"):
        change(cast, Named([*many, "api"]), Wanted(Role.READ))
    with pytest.raises(DomainError, match="At most 100000"):
        change(cast, Named(["web"] * 100_001), Wanted(Role.READ))
    assert set(held_by(cast.ci)) == {"web"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", {"app", "app-1", "app-12", "app_1", "lib/app-1", "api", "public", "web"}),
        ("app-*", {"app-1", "app-12"}),
        ("app-?", {"app-1"}),
        ("app?1", {"app-1", "app_1"}),
        ("app_1", {"app_1"}),
        ("app", {"app"}),
        ("*app-1", {"app-1", "lib/app-1"}),
        ("lib*1", {"lib/app-1"}),
        ("*****", {"app", "app-1", "app-12", "app_1", "lib/app-1", "api", "public"}),
        ("nothing*", set()),
    ],
)
def test_patterns(pattern: str, expected: set[str], cast: Cast) -> None:
    for name in ("app", "app-1", "app-12", "app_1", "lib/app-1"):
        factories.repository(cast.acme, name)
    factories.repository(factories.organization("other"), "app-1")
    found = Matching(pattern).find(cast.acme)
    assert set(found) >= expected
    assert pattern == "*****" or set(found) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    "pattern", ["", "APP", "a%", "[ab]", "a!b", "a\\", "\x00", "a*" * 200]
)
def test_patterns_that_no_name_can_match(pattern: str, cast: Cast) -> None:
    with pytest.raises(DomainError, match="match: 1 to 255 characters"):
        Matching(pattern).find(cast.acme)


@pytest.mark.django_db
def test_a_pattern_of_many_stars_takes_no_time(cast: Cast) -> None:
    name = "a" * 255
    factories.repository(cast.acme, name)
    assert set(Matching("*a" * 127).find(cast.acme)) == {name}
    assert Matching(f"{'*a' * 126}*b").find(cast.acme) == {}


@pytest.mark.django_db
def test_long_lists_go_in_pieces(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SIZE", 2)
    wanted = [f"app-{number}" for number in range(5)]
    for name in wanted:
        factories.repository(cast.acme, name)
    for role, kind in ((Role.READ, "added"), (Role.ADMIN, "changed")):
        assert names(change(cast, Named(wanted), Wanted(role))) == {kind: wanted}
    assert names(change(cast, Matching("app-*"), Wanted(None))) == {"removed": wanted}
    assert set(held_by(cast.ci)) == {"web"}


@dataclass(frozen=True)
class Vanishing:
    """A selection of which a part is deleted after it was looked up."""

    found: Mapping[str, int]

    def find(self, namespace: Namespace) -> dict[str, int]:
        return dict(self.found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [Role.READ, Role.ADMIN])
def test_a_failure_in_the_middle_changes_nothing(
    role: Role, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SIZE", 1)
    gone = factories.repository(cast.acme, "gone")
    found = {repo.name: repo.pk for repo in (cast.api, gone, cast.public, cast.web)}
    gone.delete()
    before = held_by(cast.ci)
    selection: Any = Vanishing(found)
    with pytest.raises(DomainError, match="nothing was changed"):
        change(cast, selection, Wanted(role))
    assert held_by(cast.ci) == before
    assert events() == []


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_namespaces_apart(cast: Cast) -> None:
    foreign = factories.repository(factories.organization("other"), "theirs")
    selection: Any = Vanishing({"api": cast.api.pk, "theirs": foreign.pk})
    with pytest.raises(DomainError):
        change(cast, selection, Wanted(Role.READ))
    assert set(held_by(cast.ci)) == {"web"}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.READ, None])
def test_a_single_change_of_the_same_moment_refuses_all(
    role: Role | None,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def granted_just_after(*args: Any) -> Plan:
        made = plan(*args)
        grant(cast.api, cast.ci, Role.ADMIN, factories.BY)
        return made

    monkeypatch.setattr(bulk_permissions, "plan", granted_just_after)
    with pytest.raises(ChangedMeanwhile, match="nothing was changed"):
        change(cast, Named(["api", "web"]), Wanted(role))
    # The grant too, which is made in the same transaction here.
    assert held_by(cast.ci) == {"web": (Role.WRITE, None)}
    assert events() == []
