"""Teams and their members on the admin site."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from quaysite.models import User
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import create_team
from robots.models import Robot, Team, TeamMember
from robots.roles import Role, TeamRole
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import (
    act,
    delete,
    errors_of,
    events_by_admin,
    messages_of,
    page,
    post,
)
from tests.robots.admin_people import events_by, signed_in, staff

ADD = "/admin/robots/team/add/"
ADD_MEMBER = "/admin/robots/teammember/add/"


@pytest.fixture
def foreign(db: None) -> Robot:
    return factories.robot(factories.organization("other"), "spy")[0]


def test_a_new_team_is_stored_with_role_and_description(
    admin_client: Client, cast: Cast
) -> None:
    data = {
        "namespace": cast.acme.pk,
        "name": "ops",
        "role": TeamRole.CREATOR.value,
        "description": "on call",
    }

    assert post(admin_client, ADD, data).status_code == 302

    team = Team.objects.get(namespace=cast.acme, name="ops")
    assert (team.role, team.description) == (TeamRole.CREATOR, "on call")
    facts = {"team": "ops", "role": "creator", "description": "on call"}
    assert events_by_admin() == [("org_create_team", facts)]


def test_a_team_that_somebody_made_meanwhile_stays_as_it_is(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is the only one by which whoever asks is an administrator."""
    Team.objects.filter(namespace=cast.acme, name="owners").delete()
    factories.team(cast.acme, "chiefs", TeamRole.ADMIN, members=(cast.alice,))

    def late(*args: Any) -> Team:
        Team.objects.filter(name="chiefs").update(name="ops")
        return create_team(*args)

    monkeypatch.setattr("robots.admin.teams.create_team", late)
    data = {"namespace": cast.acme.pk, "name": "ops", "role": 1, "description": "new"}
    answer = signed_in(cast.alice).post(ADD, data)

    assert answer.status_code == 200
    assert errors_of(answer) == {"name": ["Team ops already exists"]}
    (admins,) = Team.objects.filter(namespace=cast.acme, role=TeamRole.ADMIN)
    assert admins.description == ""
    assert not Team.objects.filter(description="new").exists()
    assert events_by(cast.alice) == []


REFUSED_TEAMS: dict[str, tuple[dict[str, Any], str]] = {
    "name taken": ({"name": "developers"}, "__all__"),
    "capital letters": ({"name": "Ops"}, "name"),
    "NUL in the name": ({"name": "o\x00ps"}, "name"),
    "too long a name": ({"name": "o" * 256}, "name"),
    "unknown role": ({"role": "4"}, "role"),
    "NUL in the description": ({"description": "a\x00"}, "description"),
    "too long a description": ({"description": "a" * 4_097}, "description"),
    "no namespace": ({"namespace": ""}, "namespace"),
}


@pytest.mark.parametrize("fields, where", REFUSED_TEAMS.values(), ids=REFUSED_TEAMS)
def test_a_team_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client, cast: Cast, fields: dict[str, Any], where: str
) -> None:
    data = {"namespace": cast.acme.pk, "name": "ops", "role": 1, "description": ""}
    before = Team.objects.count()

    assert where in errors_of(post(admin_client, ADD, {**data, **fields}))
    assert Team.objects.count() == before
    assert events_by_admin() == []


def test_a_personal_namespace_gets_no_team(admin_client: Client, cast: Cast) -> None:
    own = cast.bob.personal_namespace
    data = {"namespace": own.pk, "name": "ops", "role": 1, "description": ""}

    assert "namespace" in errors_of(post(admin_client, ADD, data))
    assert not own.teams.exists()


def test_role_and_description_of_a_team_change_but_not_its_name(
    admin_client: Client, cast: Cast
) -> None:
    data = {"name": "evil", "role": TeamRole.ADMIN.value, "description": "all"}

    saved = post(admin_client, page(Team, "change", cast.team.pk), data)

    cast.team.refresh_from_db()
    assert saved.status_code == 302
    assert (cast.team.name, cast.team.role) == ("developers", TeamRole.ADMIN)
    assert cast.team.description == "all"
    assert events_by_admin() == [
        ("org_set_team_role", {"team": "developers", "role": "admin"}),
        ("org_set_team_description", {"team": "developers", "description": "all"}),
    ]


def test_an_administrator_creates_a_team_and_comes_to_its_members(cast: Cast) -> None:
    data = {"namespace": cast.acme.pk, "name": "ops", "role": 1, "description": ""}

    answer = signed_in(cast.alice).post(ADD, data, follow=True)

    team = Team.objects.get(namespace=cast.acme, name="ops")
    assert answer.redirect_chain[-1][0] == page(Team, "members", team.pk)
    assert messages_of(answer) == ["Team ops has been created. Add its members."]
    facts = {"team": "ops", "role": "member"}
    assert events_by(cast.alice) == [("org_create_team", facts)]


def test_s01_nobody_creates_a_team_where_one_does_not_administer(cast: Cast) -> None:
    data = {"namespace": cast.acme.pk, "name": "ops", "role": 3, "description": ""}

    for person in (cast.bob, cast.charlie):
        answer = signed_in(person).post(ADD, data)
        assert list(errors_of(answer)) == ["namespace"]
    assert signed_in(staff("helper")).post(ADD, data).status_code in {200, 403}
    assert not Team.objects.filter(name="ops").exists()


def test_the_list_counts_members_and_repositories_that_permissions_are_about(
    cast: Cast,
) -> None:
    past = timezone.now() - timedelta(days=1)
    grant(cast.web, cast.team, Role.READ, factories.BY, past)

    assert counted(cast.alice) == [("developers", 1, 1), ("owners", 1, 0)]


def test_s02_a_member_does_not_learn_how_many_repositories_a_team_has(
    cast: Cast,
) -> None:
    newest_first = ["owners", "developers"]
    grant(cast.web, Team.objects.get(name="owners"), Role.READ, factories.BY)
    grant(cast.api, Team.objects.get(name="owners"), Role.READ, factories.BY)

    up, down = counted(cast.bob, o="5"), counted(cast.bob, o="-5")

    assert sorted(up) == [("developers", 1, None), ("owners", 1, None)]
    assert [name for name, *_ in up] == [name for name, *_ in down]
    assert [name for name, *_ in counted(cast.alice, o="-5")] == newest_first


def counted(person: User, **query: str) -> list[tuple[str, int, int | None]]:
    """What the list says to `person` of each team of acme."""
    url, asked = page(Team, "changelist"), {"namespace": "acme", **query}
    rows = signed_in(person).get(url, asked).context["cl"].result_list
    return [(row.name, row.member_count, row.repository_count) for row in rows]


def test_only_who_may_create_a_team_here_gets_the_button(cast: Cast) -> None:
    for person, here, anywhere in (
        (cast.alice, True, True),
        (cast.bob, False, False),
        (staff("helper"), False, False),
        (staff("adder", ("add", Team)), True, True),
    ):
        client, url = signed_in(person), page(Team, "changelist")
        limited = client.get(url, {"namespace": "acme"}).content.decode()
        whole = client.get(url).content.decode()
        assert ("Create team" in limited) is here, person
        assert ("Create team" in whole) is anywhere, person


def test_teams_are_deleted_one_by_one_and_in_bulk(
    admin_client: Client, cast: Cast
) -> None:
    ops = factories.team(cast.acme, "ops")

    delete(admin_client, cast.team)
    act(admin_client, Team, "delete_selected", ops, post="yes")

    assert [team.name for team in cast.acme.teams.all()] == ["owners"]
    assert events_by_admin() == [
        ("org_delete_team", {"team": "developers"}),
        ("org_delete_team", {"team": "ops"}),
    ]


def test_people_and_robots_join_and_leave_a_team(
    admin_client: Client, cast: Cast
) -> None:
    team = cast.team.pk

    person = post(admin_client, ADD_MEMBER, {"team": team, "user": "charlie"})
    robot = post(admin_client, ADD_MEMBER, {"team": team, "robot": cast.ci.pk})
    joined = {str(row.robot or row.user) for row in cast.team.members.all()}
    delete(admin_client, cast.team.members.get(user=cast.charlie))
    act(
        admin_client,
        TeamMember,
        "delete_selected",
        cast.team.members.get(robot=cast.ci),
        post="yes",
    )

    assert (person.status_code, robot.status_code) == (302, 302)
    assert joined == {"bob", "charlie", "acme+ci"}
    assert [row.user for row in cast.team.members.all()] == [cast.bob]
    assert events_by_admin() == [
        ("org_add_team_member", {"member": "charlie", "team": "developers"}),
        ("org_add_team_member", {"member": "acme+ci", "team": "developers"}),
        ("org_remove_team_member", {"member": "charlie", "team": "developers"}),
        ("org_remove_team_member", {"member": "acme+ci", "team": "developers"}),
    ]


def test_a_foreign_robot_is_refused_beside_the_robot(
    admin_client: Client, cast: Cast, foreign: Robot
) -> None:
    data = {"team": cast.team.pk, "robot": foreign.pk}

    errors = errors_of(post(admin_client, ADD_MEMBER, data))

    assert errors["robot"] == ["other+spy belongs to another namespace."]
    assert not foreign.team_memberships.exists()
    assert events_by_admin() == []


REFUSED_MEMBERS: dict[str, tuple[list[str], str]] = {
    "nobody": ([], "__all__"),
    "a person and a robot": (["user", "robot"], "__all__"),
    "one who is in it": (["bob"], "__all__"),
    "one who is not active": (["gone"], "user"),
}


@pytest.mark.parametrize("who, where", REFUSED_MEMBERS.values(), ids=REFUSED_MEMBERS)
def test_a_member_that_cannot_be_is_a_form_error(
    admin_client: Client, cast: Cast, who: list[str], where: str
) -> None:
    factories.user("gone", is_active=False)
    choices: dict[str, tuple[str, Any]] = {
        "user": ("user", "charlie"),
        "robot": ("robot", cast.ci.pk),
        "bob": ("user", "bob"),
        "gone": ("user", "gone"),
    }
    chosen: dict[str, Any] = dict(choices[word] for word in who)

    response = post(admin_client, ADD_MEMBER, {"team": cast.team.pk, **chosen})

    assert where in errors_of(response)
    assert [row.user for row in cast.team.members.all()] == [cast.bob]
    assert events_by_admin() == []


def test_a_membership_cannot_be_changed(
    admin_client: Client, cast: Cast, foreign: Robot
) -> None:
    row = cast.team.members.get()
    data = {"team": cast.team.pk, "robot": foreign.pk}

    response = post(admin_client, page(TeamMember, "change", row.pk), data)

    row.refresh_from_db()
    assert response.status_code == 403
    assert (row.user, row.robot) == (User.objects.get(username="bob"), None)
