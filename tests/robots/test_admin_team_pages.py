"""The pages of one team on the admin site: its members, and its end."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quaysite.models import User
from robots.admin.team_pages import GONE
from robots.models import Robot, Team, TeamMember
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import messages_of, page
from tests.robots.admin_people import events_by, signed_in, staff


def send(client: Client, team: Team, do: str, **data: Any) -> Any:
    url = page(Team, "members", team.pk)
    return client.post(url, {"do": do, **data}, follow=True)


def errors(answer: Any, do: str) -> Any:
    """Those of one of the page's two forms."""
    assert answer.status_code == 200
    return {form.do: dict(form.errors) for form in answer.context["forms"]}[do]


def members(team: Team) -> set[str]:
    return {str(row.robot or row.user) for row in team.members.all()}


@pytest.fixture
def foreign(db: None) -> Robot:
    return factories.robot(factories.organization("other"), "spy")[0]


def test_people_and_robots_join_and_leave_a_team(cast: Cast) -> None:
    client, team = signed_in(cast.alice), cast.team

    person = send(client, team, "add_person", person="charlie")
    robot = send(client, team, "add_robot", robot=cast.ci.pk)
    joined = members(team)
    for row in team.members.exclude(user=cast.bob):
        send(client, team, "remove", member=row.pk)

    assert messages_of(person) == ["charlie has been added to team developers."]
    assert messages_of(robot) == ["acme+ci has been added to team developers."]
    assert joined == {"bob", "charlie", "acme+ci"}
    assert members(team) == {"bob"}
    assert events_by(cast.alice) == [
        ("org_add_team_member", {"member": "charlie", "team": "developers"}),
        ("org_add_team_member", {"member": "acme+ci", "team": "developers"}),
        ("org_remove_team_member", {"member": "charlie", "team": "developers"}),
        ("org_remove_team_member", {"member": "acme+ci", "team": "developers"}),
    ]


REFUSED_PEOPLE = {
    "nobody": "",
    "unknown": "nobody",
    "not the exact name": "Charlie",
    "inactive": "gone",
    "a robot's name": "acme+ci",
    "in it already": "bob",
    "NUL": "bob\x00",
    "very long": "a" * 100_000,
}


@pytest.mark.parametrize("name", REFUSED_PEOPLE.values(), ids=REFUSED_PEOPLE)
def test_who_cannot_be_added_is_an_error_beside_the_name(cast: Cast, name: str) -> None:
    factories.user("gone", is_active=False)

    answer = send(signed_in(cast.alice), cast.team, "add_person", person=name)

    assert list(errors(answer, "add_person")) == ["person"]
    assert members(cast.team) == {"bob"}
    assert events_by(cast.alice) == []


@pytest.mark.parametrize("key", ["", "0", "x", "9" * 30, "9" * 5_000, "\x00", "-1"])
def test_a_robot_that_is_none_is_an_error_beside_the_box(cast: Cast, key: str) -> None:
    answer = send(signed_in(cast.alice), cast.team, "add_robot", robot=key)

    assert list(errors(answer, "add_robot")) == ["robot"]
    assert members(cast.team) == {"bob"}


def test_s02_a_robot_of_another_namespace_is_no_choice(
    cast: Cast, foreign: Robot
) -> None:
    own = factories.robot(cast.alice.personal_namespace, "mine")[0]

    for robot in (foreign, own):
        answer = send(signed_in(cast.alice), cast.team, "add_robot", robot=robot.pk)
        assert list(errors(answer, "add_robot")) == ["robot"]
    assert members(cast.team) == {"bob"}


def test_s02_the_box_offers_the_robots_of_the_organization(
    cast: Cast, foreign: Robot
) -> None:
    factories.robot(cast.alice.personal_namespace, "mine")
    query = {"app_label": "robots", "model_name": "teammember", "field_name": "robot"}
    client = signed_in(cast.alice)

    def offered(namespace: str) -> list[str]:
        answer = client.get("/admin/autocomplete/", {**query, "namespace": namespace})
        return [found["text"] for found in answer.json()["results"]]

    body = client.get(page(Team, "members", cast.team.pk)).content.decode()
    assert 'data-ajax--url="/admin/autocomplete/?namespace=acme"' in body
    assert offered("acme") == ["acme+ci", "acme+reader"]
    assert offered("other") == offered("a\x00b") == []


@pytest.mark.parametrize("key", ["", "0", "x", "\u0664", "9" * 5_000, "\x00"])
def test_a_member_who_is_none_is_not_removed(cast: Cast, key: str) -> None:
    answer = send(signed_in(cast.alice), cast.team, "remove", member=key)

    assert messages_of(answer) == [GONE]
    assert members(cast.team) == {"bob"}


def test_s01_a_member_of_another_team_is_not_removed_by_its_key(cast: Cast) -> None:
    other = factories.organization("other", owner=cast.charlie)
    foreign = TeamMember.objects.get(namespace=other)

    answer = send(signed_in(cast.alice), cast.team, "remove", member=foreign.pk)

    assert messages_of(answer) == [GONE]
    assert TeamMember.objects.filter(pk=foreign.pk).exists()


def test_the_last_way_to_administer_is_not_given_up(cast: Cast) -> None:
    owners = cast.acme.teams.get(name="owners")

    answer = send(
        signed_in(cast.alice), owners, "remove", member=owners.members.get().pk
    )

    assert messages_of(answer) == [
        "User cannot remove themselves from their only admin team."
    ]
    assert members(owners) == {"alice"}


def test_a_member_looks_and_changes_nothing(cast: Cast) -> None:
    client, row = signed_in(cast.bob), cast.team.members.get()

    body = client.get(page(Team, "members", cast.team.pk)).content.decode()
    send(client, cast.team, "add_person", person="charlie")
    send(client, cast.team, "add_robot", robot=cast.ci.pk)
    send(client, cast.team, "remove", member=row.pk)

    assert "Remove" not in body and "Add members" not in body
    assert page(Team, "permissions", cast.team.pk) not in body
    assert client.get(page(Team, "permissions", cast.team.pk)).status_code == 403
    assert members(cast.team) == {"bob"}
    assert events_by(cast.bob) == []


def test_who_is_not_in_a_team_does_not_see_who_is(cast: Cast) -> None:
    """As over the API: a member of the organization sees that the team exists."""
    owners = cast.acme.teams.get(name="owners")

    answer = signed_in(cast.bob).get(page(Team, "members", owners.pk))

    assert "Only members of owners see who is in it" in answer.content.decode()
    assert "alice" not in answer.content.decode()


def test_s01_a_stranger_finds_no_team(cast: Cast) -> None:
    client = signed_in(cast.charlie)

    for name in ("members", "permissions", "change", "delete", "history"):
        url = page(Team, name, cast.team.pk)
        assert client.get(url).status_code == 404
        posted = client.post(url, {"do": "add_person", "person": "charlie"})
        assert posted.status_code == 404
    assert Team.objects.filter(pk=cast.team.pk).exists()


STAFF: dict[str, tuple[list[tuple[str, type[Any]]], set[str]]] = {
    "without permissions": ([], {"bob"}),
    "who may change teams": ([("change", Team)], {"bob"}),
    "who may add members": ([("add", TeamMember)], {"bob", "charlie"}),
    "who may delete members": ([("delete", TeamMember)], set()),
}


@pytest.mark.parametrize("may, left", STAFF.values(), ids=STAFF)
def test_staff_change_what_djangos_permissions_let_them(
    cast: Cast, may: list[tuple[str, type[Any]]], left: set[str]
) -> None:
    client, row = signed_in(staff("helper", *may)), cast.team.members.get()

    seen = client.get(page(Team, "members", cast.team.pk)).content.decode()
    send(client, cast.team, "remove", member=row.pk)
    send(client, cast.team, "add_person", person="charlie")

    assert "bob" in seen
    assert members(cast.team) == left


def test_a_team_is_deleted_and_the_page_says_what_goes(cast: Cast) -> None:
    client, url = signed_in(cast.alice), page(Team, "delete", cast.team.pk)

    shown = client.get(url)
    answer = client.post(url, follow=True)

    assert dict(shown.context["losses"]) == {
        "team member": 1,
        "repository permission": 1,
    }
    assert answer.redirect_chain[-1][0] == "/admin/robots/team/?namespace=acme"
    assert messages_of(answer) == ["Team developers has been deleted."]
    assert [team.name for team in cast.acme.teams.all()] == ["owners"]
    assert events_by(cast.alice) == [("org_delete_team", {"team": "developers"})]


def test_the_team_that_makes_one_an_administrator_stays(cast: Cast) -> None:
    owners = cast.acme.teams.get(name="owners")

    answer = signed_in(cast.alice).post(page(Team, "delete", owners.pk), follow=True)

    assert messages_of(answer) == [
        "Deleting team 'owners' would remove admin ability for user 'alice' in"
        " organization 'acme'"
    ]
    assert Team.objects.filter(pk=owners.pk).exists()


def test_staff_delete_an_admin_team_with_djangos_permissions(cast: Cast) -> None:
    lead = factories.team(cast.acme, "leads", TeamRole.ADMIN)
    helper = staff("helper", ("delete", Team), ("change", Team))

    signed_in(helper).post(page(Team, "delete", lead.pk))

    assert not Team.objects.filter(pk=lead.pk).exists()
    assert events_by(helper) == [("org_delete_team", {"team": "leads"})]


def test_members_are_paged_and_searched_with_as_many_queries(cast: Cast) -> None:
    client, url = signed_in(cast.alice), page(Team, "members", cast.team.pk)

    def fill(numbers: range) -> None:
        people = User.objects.bulk_create(User(username=f"p{n}") for n in numbers)
        TeamMember.objects.bulk_create(
            TeamMember(namespace=cast.acme, team=cast.team, user=p) for p in people
        )

    def queries(**query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url, query).status_code == 200
        return len(captured)

    client.get(url)
    few = queries()
    fill(range(120))

    assert queries() == few <= 15
    assert len(client.get(url).context["page"].object_list) == 50
    assert client.get(url, {"p": "3"}).context["page"].number == 3
    found = client.get(url, {"q": "p11"}).context["page"].object_list
    assert len(found) == 11
    for odd in ("\x00", "9" * 5_000, "-1", "x"):
        assert client.get(url, {"q": odd, "p": odd}).status_code == 200
