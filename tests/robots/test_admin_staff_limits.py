"""What a single permission of Django's does not lead to: rights in an organization."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.admin import teams
from robots.admin.new_robot import NO_REPOSITORIES, NO_TEAMS
from robots.lifecycle.robots import create_robot
from robots.lifecycle.teams import add_member, change_team, delete_team
from robots.models import RepositoryPermission, Robot, Team, TeamMember
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, errors_of, page, post
from tests.robots.admin_people import events_by, signed_in, staff
from tests.robots.credentials_page import SHOW, readings
from tests.robots.credentials_page import page as credentials_of

ADD = "/admin/robots/robot/add/?namespace=acme"
ROLE = {"repository": "web", "role": "admin"}


def robot_of(client: Client, step: str, **fields: Any) -> Any:
    data = {"name": "evil", "metadata": "{}", "step": step, **fields}
    return post(client, ADD, data)


# --- add_robot ------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["review", "create"])
@pytest.mark.parametrize(
    ("fields", "part", "error"),
    [
        ({"teams": "owners"}, "errors_of_teams", NO_TEAMS),
        (ROLE, "errors_of_rows", NO_REPOSITORIES),
        ({"new_repository": "web", "new_role": "admin"}, "errors_of_rows", None),
    ],
    ids=["team", "repository", "typed"],
)
def test_s01_add_robot_alone_gives_no_rights(
    step: str, fields: dict[str, str], part: str, error: str | None, cast: Cast
) -> None:
    sam = staff("sam", ("add", Robot))
    answer = robot_of(signed_in(sam), step, **fields)
    assert answer.status_code == 200
    assert getattr(answer.context["form"], part) == [error or NO_REPOSITORIES]
    assert (error or NO_REPOSITORIES) in answer.content.decode()
    assert not Robot.objects.filter(name="evil").exists()
    assert events_by(sam) == []


def test_s01_each_part_needs_its_own_permission(cast: Cast) -> None:
    joins = staff("joins", ("add", Robot), ("add", TeamMember))
    grants = staff("grants", ("add", Robot), ("add", RepositoryPermission))
    for person, other in ((joins, ROLE), (grants, {"teams": "owners"})):
        answer = robot_of(signed_in(person), "create", **other)
        assert answer.status_code == 200
        assert events_by(person) == []
    joined = robot_of(signed_in(joins), "create", teams="owners")
    granted = robot_of(signed_in(grants), "create", **{**ROLE, "name": "other"})
    assert (joined.status_code, granted.status_code) == (302, 302)
    assert TeamMember.objects.get(robot__name="evil").team.name == "owners"
    assert RepositoryPermission.objects.filter(robot__name="other").count() == 1


def test_the_form_asks_only_for_what_may_be_given(cast: Cast) -> None:
    sam = signed_in(staff("sam", ("add", Robot)))
    body = sam.get(ADD).content.decode()
    assert 'name="teams"' not in body
    assert "new_repository" not in body
    assert "2. End and metadata" in body
    whole = signed_in(cast.alice).get(ADD).content.decode()
    assert 'name="teams"' in whole
    assert "new_repository" in whole
    assert "4. End and metadata" in whole
    made = robot_of(sam, "create")
    assert made.status_code == 302
    told = sam.get(made["Location"]).content.decode()
    assert "acme + evil" in told
    assert "Show its credentials" not in told


# --- change_robot ---------------------------------------------------------------------


def test_s05_staff_find_no_way_to_the_credentials(
    cast: Cast, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["sam"]
    sam = signed_in(staff("sam", ("change", Robot)))
    address = credentials_of(cast.ci)
    assert sam.post(address, SHOW).status_code == 403
    for url in (page(Robot, "change", cast.ci.pk), page(Robot, "changelist")):
        assert address not in sam.get(url).content.decode()
        assert address in signed_in(cast.alice).get(url).content.decode()
    assert readings() == []


def test_s05_staff_regenerate_many_and_see_none(cast: Cast) -> None:
    sam = signed_in(staff("sam", ("change", Robot)))
    done = act(sam, Robot, "regenerate", cast.ci, answered="1", grace="0")
    after = factories.stored_secret(cast.ci)
    assert after != cast.ci_secret.reveal()
    assert after not in done.content.decode()
    one = sam.post(credentials_of(cast.ci), {"do": "regenerate", "grace": "0"})
    assert one.status_code == 403
    assert factories.stored_secret(cast.ci) == after


def test_s05_an_auditor_reads_the_secrets_of_the_own_namespace_alone(
    cast: Cast, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["bob"]
    mine = create_robot(cast.bob.personal_namespace, "own", factories.BY).robot
    client = signed_in(cast.bob)
    assert client.post(credentials_of(mine), SHOW).status_code == 200
    assert client.post(credentials_of(cast.ci), SHOW).status_code == 403


# --- change_team ----------------------------------------------------------------------


def change_role(person: User, team: Team) -> Any:
    url = page(Team, "change", team.pk)
    return post(signed_in(person), url, {"role": 3, "description": "new"})


def test_s01_change_team_alone_makes_nobody_an_administrator(cast: Cast) -> None:
    sam = staff("sam", ("change", Team))
    add_member(cast.team, sam, factories.BY)
    change_role(sam, cast.team)
    cast.team.refresh_from_db()
    assert (cast.team.role, cast.team.description) == (TeamRole.MEMBER, "new")
    assert [kind for kind, _ in events_by(sam)] == ["org_set_team_description"]
    assert signed_in(sam).post(credentials_of(cast.ci), SHOW).status_code == 403


def test_who_may_add_members_or_administers_sets_the_role(cast: Cast) -> None:
    both = staff("both", ("change", Team), ("add", TeamMember))
    root = factories.user("root", is_staff=True, is_superuser=True)
    for person in (both, root, cast.alice):
        Team.objects.filter(pk=cast.team.pk).update(role=TeamRole.MEMBER)
        change_role(person, cast.team)
        cast.team.refresh_from_db()
        assert cast.team.role == TeamRole.ADMIN, person


def test_a_team_deleted_before_it_is_saved_does_not_come_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it goes between the form's check and the deed."""

    def later(team: Team, *args: Any, **kwargs: Any) -> Any:
        delete_team(team, factories.BY)
        return change_team(team, *args, **kwargs)

    monkeypatch.setattr(teams, "change_team", later)
    answer = change_role(cast.alice, cast.team)
    assert answer.status_code == 200
    assert "is not a team" in str(errors_of(answer))
    assert events_by(cast.alice) == []


def test_a_change_of_one_field_leaves_the_other_as_others_set_it(cast: Cast) -> None:
    stale = Team.objects.get(pk=cast.team.pk)
    Team.objects.filter(pk=cast.team.pk).update(role=TeamRole.CREATOR)
    changed = change_team(stale, factories.BY, description="mine")
    assert (changed.role, changed.description) == (TeamRole.CREATOR, "mine")
