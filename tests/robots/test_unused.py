"""What nobody used: permissions, robots and teams, and nothing that was used."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.errors import DomainError
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import change_robot, set_enabled
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Namespace, RepositoryPermission, Robot, Team
from robots.roles import Role, TeamRole, Visibility
from robots.unused import Period, UnusedCounts, counts, known_since
from robots.unused_rows import (
    LAST_ADMIN,
    MIRROR,
    WHITELISTED,
    IdleRobot,
    UnusedPermission,
    permission_rows,
    robot_rows,
    team_rows,
)
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast

DAYS = 90
OLD = DAYS + 1
RECENT = DAYS - 1


def permissions() -> dict[tuple[str, str], UnusedPermission]:
    rows = list(permission_rows(Namespace.objects.all(), Period.of(DAYS)))
    found = {(row.repository, row.grantee): row for row in rows}
    assert len(found) == len(rows)
    return found


def roles() -> dict[tuple[str, str], tuple[Role, Role | None]]:
    """The role that there is, and the one that was used."""
    return {name: (row.role, row.used) for name, row in permissions().items()}


def robots() -> dict[str, IdleRobot]:
    rows = robot_rows(Namespace.objects.all(), Period.of(DAYS))
    return {row.full_name: row for row in rows}


def teams() -> dict[str, tuple[bool, bool]]:
    rows = team_rows(Namespace.objects.all(), Period.of(DAYS))
    return {row.name: (row.is_empty, row.gives_nothing) for row in rows}


def test_permissions_that_nobody_used_are_told(cast: Cast) -> None:
    factories.age_everything(OLD)
    assert roles() == {
        ("web", "acme+ci"): (Role.WRITE, None),
        ("web", "acme+reader"): (Role.READ, None),
        ("api", "team:developers"): (Role.WRITE, None),
    }


def test_what_is_younger_is_not_told(cast: Cast) -> None:
    factories.age_everything(RECENT)
    assert (roles(), robots(), teams()) == ({}, {}, {})


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("actions", "needed"),
    [
        ((), None),
        (("pull",), Role.READ),
        (("push",), Role.WRITE),
        (("pull", "push"), Role.WRITE),
        (("pull", "delete"), Role.ADMIN),
    ],
)
def test_what_allows_more_than_was_used_is_told(
    role: Role, actions: tuple[str, ...], needed: Role | None, cast: Cast
) -> None:
    grant(cast.api, cast.ci, role, factories.BY)
    for action in actions:
        factories.use(cast.api, cast.ci, action, RECENT)
    factories.age_everything(OLD)
    wider = needed is None or needed < role
    found = roles().get(("api", "acme+ci"))
    assert found == ((role, needed) if wider else None)


def test_an_older_use_counts_for_nothing_but_is_told(cast: Cast) -> None:
    factories.age_everything(OLD)
    used = factories.use(cast.web, cast.ci, "push", OLD)
    factories.use(cast.web, cast.ci, "pull", OLD + 5)
    found = permissions()["web", "acme+ci"]
    assert (found.used, found.last_use) == (None, used.last_used_at)


def test_a_use_of_another_repository_or_by_another_counts_for_nothing(
    cast: Cast,
) -> None:
    factories.age_everything(OLD)
    factories.use(cast.api, cast.ci, "push")
    factories.use(cast.web, cast.alice, "push")
    assert roles()["web", "acme+ci"] == (Role.WRITE, None)


@pytest.mark.parametrize("name", ["bob", "ci"])
def test_a_use_by_any_member_counts_for_the_team(name: str, cast: Cast) -> None:
    add_member(cast.team, cast.ci, factories.BY)
    member: User | Robot = cast.bob if name == "bob" else cast.ci
    factories.age_everything(OLD)
    used = factories.use(cast.api, member, "pull", RECENT)
    found = permissions()["api", "team:developers"]
    assert (found.used, found.last_use) == (Role.READ, used.last_used_at)
    factories.use(cast.api, cast.ci, "push", RECENT)
    assert ("api", "team:developers") not in roles()


def test_a_use_counts_for_ones_own_permission_and_for_the_teams(cast: Cast) -> None:
    grant(cast.api, cast.bob, Role.READ, factories.BY)
    factories.age_everything(OLD)
    factories.use(cast.api, cast.bob, "push")
    assert not {("api", "bob"), ("api", "team:developers")} & roles().keys()


def test_an_ended_permission_is_not_told(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=1)
    grant(cast.api, cast.ci, Role.READ, factories.BY, soon)
    factories.age_everything(OLD)
    assert permissions()["api", "acme+ci"].until == soon
    RepositoryPermission.objects.filter(robot=cast.ci).update(expires_at=timezone.now())
    assert not {("api", "acme+ci"), ("web", "acme+ci")} & roles().keys()


def test_a_public_repository_is_marked(cast: Cast) -> None:
    grant(cast.public, cast.ci, Role.READ, factories.BY)
    factories.age_everything(OLD)
    found = permissions()
    assert found["public", "acme+ci"].is_public
    assert not found["web", "acme+ci"].is_public


def test_the_last_administrator_of_a_repository_is_kept(cast: Cast) -> None:
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    assert permissions()["web", "acme+ci"].why_kept is None
    grant(cast.web, cast.ci, Role.ADMIN, factories.BY)
    factories.use(cast.web, cast.ci, "push", RECENT)
    # A robot needs no right to administer, nor does it take a person's place.
    assert permissions()["web", "acme+ci"].why_kept is None
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    grant(cast.web, cast.bob, Role.ADMIN, factories.BY)
    # Young, so it stays.
    assert permissions()["web", "alice"].why_kept is None
    factories.age_everything(OLD)
    # Neither stays for sure.
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    assert permissions()["web", "bob"].why_kept == LAST_ADMIN
    factories.use(cast.web, cast.bob, "delete", RECENT)
    assert permissions()["web", "alice"].why_kept is None
    end = timezone.now() + timedelta(days=1)
    RepositoryPermission.objects.filter(user=cast.bob).update(expires_at=end)
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN


def test_who_cannot_sign_in_administers_nothing(cast: Cast) -> None:
    hollow = factories.team(cast.acme, "hollow", members=(cast.ci,))
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    # Young, so it stays; but only a robot is in the team.
    grant(cast.web, hollow, Role.ADMIN, factories.BY)
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    add_member(hollow, cast.bob, factories.BY)
    assert permissions()["web", "alice"].why_kept is None
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    grant(cast.web, cast.bob, Role.ADMIN, factories.BY)
    assert permissions()["web", "alice"].why_kept == LAST_ADMIN
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    assert permissions()["web", "alice"].why_kept is None


def test_permissions_of_a_robot_on_the_whitelist_are_kept(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    factories.age_everything(OLD)
    assert permissions()["web", "acme+ci"].why_kept == WHITELISTED
    assert permissions()["web", "acme+reader"].why_kept is None


def test_a_mirrors_robot_is_kept(cast: Cast) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    factories.age_everything(OLD)
    assert permissions()["web", "acme+ci"].why_kept == MIRROR
    assert permissions()["web", "acme+reader"].why_kept is None
    assert permissions()["api", "acme+ci"].why_kept is None
    assert robots()["acme+ci"].why_kept == "mirrors acme/web"
    assert robots()["acme+reader"].why_kept is None


def test_robots_that_did_not_log_in_are_idle(cast: Cast) -> None:
    factories.age_everything(OLD)
    assert robots().keys() == {"acme+ci", "acme+reader"}
    assert robots()["acme+ci"].last_use is None
    now = timezone.now()
    Robot.objects.filter(pk=cast.ci.pk).update(last_used_at=now - timedelta(days=OLD))
    assert robots()["acme+ci"].last_use == now - timedelta(days=OLD)
    Robot.objects.filter(pk=cast.ci.pk).update(
        last_used_at=now - timedelta(days=RECENT)
    )
    assert robots().keys() == {"acme+reader"}


def test_a_use_that_a_registry_told_of_shows_that_a_robot_is_not_idle(
    cast: Cast,
) -> None:
    factories.age_everything(OLD)
    used = factories.use(cast.web, cast.ci, "pull", OLD)
    assert robots()["acme+ci"].last_use == used.last_used_at
    factories.use(cast.api, cast.ci, "pull", RECENT)
    assert "acme+ci" not in robots()


@pytest.mark.parametrize("deed", ["enabled", "changed", "other"])
def test_a_robot_that_was_enabled_lately_is_not_idle(deed: str, cast: Cast) -> None:
    factories.age_everything(OLD)
    if deed == "enabled":
        set_enabled(cast.ci, True, factories.BY)
    elif deed == "changed":
        set_enabled(cast.ci, False, factories.BY)
        change_robot(cast.ci, {"enabled": True}, factories.BY)
    else:
        change_robot(cast.ci, {"description": "new"}, factories.BY)
    idle = {"acme+reader"} | ({"acme+ci"} if deed == "other" else set())
    assert robots().keys() == idle
    backdate(AuditEvent.objects.all(), timezone.now() - timedelta(days=OLD))
    assert robots().keys() == {"acme+ci", "acme+reader"}


def test_robots_on_the_whitelist_are_kept(cast: Cast, settings: Settings) -> None:
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    factories.age_everything(OLD)
    assert robots()["acme+ci"].why_kept == "is in ROBOTS_WHITELIST"
    assert robots()["acme+reader"].why_kept is None


def test_robots_that_cannot_log_in_are_not_idle(cast: Cast) -> None:
    factories.age_everything(OLD)
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False)
    Robot.objects.filter(pk=cast.reader.pk).update(expires_at=timezone.now())
    assert robots() == {}


def test_teams_without_members_or_rights_are_told(cast: Cast) -> None:
    factories.team(cast.acme, "nobody", TeamRole.CREATOR)
    factories.team(cast.acme, "nothing", members=(cast.bob,))
    factories.team(cast.acme, "neither")
    create_default_permission(
        cast.acme, factories.team(cast.acme, "later"), Role.READ, factories.BY
    )
    factories.age_everything(OLD)
    assert teams() == {
        "nobody": (True, False),
        "nothing": (False, True),
        "neither": (True, True),
        "later": (True, False),
    }
    RepositoryPermission.objects.filter(team=cast.team).update(
        expires_at=timezone.now()
    )
    assert teams()["developers"] == (False, True)


def test_only_the_namespaces_that_are_asked_about(cast: Cast) -> None:
    other = factories.organization("other", owner=cast.alice)
    robot, _ = factories.robot(other, "bot")
    factories.team(other, "alone")
    grant(factories.repository(other, "web"), robot, Role.READ, factories.BY)
    factories.age_everything(OLD)
    here, period = Namespace.objects.filter(name="other"), Period.of(DAYS)
    assert [row.grantee for row in permission_rows(here, period)] == ["other+bot"]
    assert [row.full_name for row in robot_rows(here, period)] == ["other+bot"]
    assert [row.name for row in team_rows(here, period)] == ["alone"]
    assert counts(here, period) == UnusedCounts(unused=1, wider=0, robots=1, teams=1)


def test_counts_are_those_of_the_rows(cast: Cast) -> None:
    factories.use(cast.web, cast.ci, "pull", RECENT)
    factories.age_everything(OLD)
    everything = Namespace.objects.all()
    found = counts(everything, Period.of(DAYS))
    assert found == UnusedCounts(unused=2, wider=1, robots=1, teams=0)
    assert found.unused + found.wider == len(permissions())


@pytest.mark.parametrize("days", [0, -1, 3_651])
def test_days_that_will_not_do(days: int) -> None:
    with pytest.raises(DomainError, match="days: a whole number from 1 to 3650"):
        Period.of(days)


def test_uses_are_known_since_the_first_one_that_was_written(cast: Cast) -> None:
    period = Period.of(DAYS)
    assert known_since() is None
    assert not period.is_known(None)
    first = factories.use(cast.web, cast.ci, "pull", RECENT)
    factories.use(cast.web, cast.ci, "push", OLD)
    assert known_since() == first.first_used_at
    assert not period.is_known(known_since())
    assert Period.of(DAYS - 2).is_known(known_since())


@pytest.mark.parametrize("many", [1, 50])
def test_many_permissions_cost_no_more_queries(
    many: int, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        repository = factories.repository(cast.acme, f"r{number}", Visibility.PRIVATE)
        for grantee in (cast.ci, cast.bob, cast.team):
            grant(repository, grantee, Role.WRITE, factories.BY)
    factories.age_everything(OLD)
    assert Team.objects.exists()
    with django_assert_num_queries(3):
        assert len(permissions()) == 3 + 3 * many
        robots()
        teams()
