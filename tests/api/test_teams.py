"""Teams over the API: contract section 1.4."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from robots.audit import Performer
from robots.errors import DomainError
from robots.identity import Identity, Kind
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member, remove_member
from robots.models import AuditEvent, Robot, Team, TeamMember
from robots.origin import NOWHERE
from robots.roles import Role, TeamRole
from tests import factories
from tests.api.client import Answer, Client
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ORG = "/api/v1/organization/acme"
TEAM = f"{ORG}/team/developers"
OWNERS = f"{ORG}/team/owners"


def events(kind: str) -> list[dict[str, Any]]:
    """What the events of one kind say, without the credential of the caller."""
    return [
        {k: v for k, v in event.facts.items() if not k.startswith("oauth_token")}
        for event in AuditEvent.objects.filter(kind=kind).order_by("id")
    ]


def below(answer: Answer) -> str:
    """The text of an answer in shape B, from below the endpoint."""
    assert answer.status == 400
    assert answer.json.keys() == {"message"}
    return str(answer.json["message"])


def members(team: Team) -> list[str]:
    rows = TeamMember.objects.filter(team=team).order_by("id")
    return [str(row.robot or row.user) for row in rows.select_related()]


def test_a_team_is_made_changed_and_deleted(cast: Cast, alice: LocalClient) -> None:
    path = f"{ORG}/team/ops"
    text = "on call ☎\nday and night"
    made = alice.put(path, {"role": "creator", "description": text, "name": "x"})
    assert made.status == 200
    assert made.json == {
        "name": "ops",
        "description": text,
        "can_view": True,
        "role": "creator",
        "avatar": made.json["avatar"],
        "new_team": True,
    }
    assert made.json["avatar"]["kind"] == "team"
    again = alice.put(path, {"role": "admin"})
    assert again.json == made.json | {"role": "admin", "new_team": False}
    team = Team.objects.get(name="ops")
    assert (team.role, team.description) == (TeamRole.ADMIN, text)
    assert alice.put(path, {"role": "admin", "description": ""}).status == 200
    assert events("org_set_team_description") == [
        {"team": "ops", "description": text},
        {"team": "ops", "description": ""},
    ]
    assert events("org_set_team_role") == [{"team": "ops", "role": "admin"}]
    assert alice.get(path).status == 405
    gone = alice.delete(path)
    assert (gone.status, gone.text) == (204, "")
    assert not Team.objects.filter(name="ops").exists()
    assert events("org_delete_team") == [{"team": "ops"}]
    assert below(alice.delete(path)) == "Team 'ops' is not a team in org 'acme'"


def test_a_bad_team_is_refused(cast: Cast, alice: LocalClient) -> None:
    role = "'owner' is not one of ['member', 'creator', 'admin']"
    bodies: list[tuple[object, str]] = [
        ({}, "'role' is a required property"),
        ({"role": "owner"}, role),
        ({"role": 1}, "1 is not of type 'string'"),
        ({"role": "member", "description": 5}, "5 is not of type 'string'"),
    ]
    for body, message in bodies:
        refused = alice.put(f"{ORG}/team/new", body)
        assert (refused.status, refused.json["error_message"]) == (400, message)
    nul = alice.put(f"{ORG}/team/new", {"role": "member", "description": "\x00"})
    assert nul.status == 400
    for name in ("Bad", "a", "x" * 256, "a b", "n\x00l", "ünï"):
        refused = alice.put(f"{ORG}/team/{quote(name)}", {"role": "member"})
        assert below(refused).startswith(f"Invalid team name {name}: ")
        assert "is not a team" in below(alice.delete(f"{ORG}/team/{quote(name)}"))
    assert Team.objects.count() == 2


def test_people_and_own_robots_come_and_go(cast: Cast, alice: LocalClient) -> None:
    path = f"{TEAM}/members"
    person = alice.put(f"{path}/charlie")
    robot = alice.put(f"{path}/acme%2Bci", {})
    assert (person.status, robot.status) == (200, 200)
    assert person.json == {
        "name": "charlie",
        "kind": "user",
        "is_robot": False,
        "avatar": person.json["avatar"],
        "invited": False,
    }
    assert robot.json["name"] == "acme+ci"
    assert (robot.json["kind"], robot.json["is_robot"]) == ("user", True)
    assert robot.json["avatar"]["kind"] == "robot"
    shown = alice.get(f"{path}?includePending=True").json
    assert shown.keys() == {"name", "members", "can_edit"}
    assert (shown["name"], shown["can_edit"]) == ("developers", True)
    assert shown["members"][1:] == [person.json, robot.json]
    assert below(alice.put(f"{path}/charlie")) == (
        "User charlie is already a member of team developers"
    )
    for name in ("charlie", "acme+ci"):
        assert alice.delete(f"{path}/{name}").status == 204
        assert below(alice.delete(f"{path}/{name}")) == (
            f"User {name} does not belong to team developers"
        )
    assert members(cast.team) == ["bob"]
    added = [{"member": n, "team": "developers"} for n in ("charlie", "acme+ci")]
    assert events("org_add_team_member")[-2:] == added
    assert events("org_remove_team_member") == added


def test_who_cannot_be_a_member_is_refused(cast: Cast, alice: LocalClient) -> None:
    other = factories.organization("globex", cast.alice)
    factories.robot(other, "ci")
    path = f"{TEAM}/members"
    foreign = (
        "Cannot add the specified robot to this team,"
        " as it is not a member of the organization"
    )
    for name in ("globex+ci", "globex+nosuch", "nosuch+ci", "a-b+ci"):
        assert below(alice.put(f"{path}/{name}")) == foreign
        assert alice.delete(f"{path}/{name}").json["error_type"] == "not_found"
    for name in (
        "nosuch",
        "acme+nosuch",
        "acme+",
        "acme",
        "%00",
        "x" * 300,
        "acme+a+b",
    ):
        unknown = alice.put(f"{path}/{name}", {})
        assert unknown.status == 400
        assert unknown.json["error_message"] == "Unknown user"
        assert alice.delete(f"{path}/{name}").status == 404
    for name in ("nosuch", "Bad", "%00"):
        missing = f"{ORG}/team/{name}/members"
        calls = [
            alice.get(missing),
            alice.put(f"{missing}/bob"),
            alice.delete(f"{missing}/bob"),
            alice.get(f"{ORG}/team/{name}/permissions"),
        ]
        for answer in calls:
            assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert alice.put(f"{path}/charlie", []).status == 400
    assert members(cast.team) == ["bob"]


def test_what_a_client_sends_along_with_a_member_matters_nothing(
    cast: Cast, alice: LocalClient
) -> None:
    """A client that names no type has a form sent by its library: Quay takes it."""
    form = "application/x-www-form-urlencoded"
    added = alice.put(f"{TEAM}/members/charlie", b"{}", Content_Type=form)
    assert added.status == 200
    assert members(cast.team) == ["bob", "charlie"]


def test_nobody_gives_up_the_own_administration(
    cast: Cast, alice: LocalClient, local_user: LocalUser
) -> None:
    own = "User cannot remove themselves from their only admin team."
    demoting = (
        "Cannot remove admin from team 'owners' because calling user would no longer"
        " have admin on org 'acme'"
    )
    deleting = (
        "Deleting team 'owners' would remove admin ability for user 'alice' in"
        " organization 'acme'"
    )
    owners = cast.acme.teams.get(name="owners")
    add_member(owners, cast.charlie, factories.BY)
    assert below(alice.delete(f"{OWNERS}/members/alice")) == own
    assert below(alice.put(OWNERS, {"role": "creator"})) == demoting
    assert below(alice.delete(OWNERS)) == deleting
    owners.refresh_from_db()
    assert (owners.role, members(owners)) == (TeamRole.ADMIN, ["alice", "charlie"])
    factories.team(cast.acme, "spare", TeamRole.ADMIN, (cast.alice,))
    assert alice.delete(f"{OWNERS}/members/alice").status == 204
    assert below(alice.delete(f"{ORG}/team/spare/members/alice")) == own
    assert alice.put(OWNERS, {"role": "member"}).status == 200
    assert alice.delete(OWNERS).status == 204
    assert below(alice.delete(f"{ORG}/team/spare")).startswith("Deleting team 'spare'")


def test_others_may_be_removed_from_admin_teams(
    cast: Cast, alice: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    settings.SUPER_USERS = ["charlie"]
    owners = cast.acme.teams.get(name="owners")
    add_member(owners, cast.bob, factories.BY)
    add_member(owners, cast.ci, factories.BY)
    assert alice.delete(f"{OWNERS}/members/acme+ci").status == 204
    assert alice.delete(f"{OWNERS}/members/bob").status == 204
    assert local_user(cast.charlie).delete(f"{OWNERS}/members/alice").status == 204
    assert members(owners) == []


def test_one_who_lost_the_right_meanwhile_removes_nobody(cast: Cast) -> None:
    owners = cast.acme.teams.get(name="owners")
    identity = Identity(Kind.USER, "charlie", cast.charlie.pk)
    former = Performer.caller(identity, NOWHERE)
    with pytest.raises(DomainError, match="charlie is no longer an administrator"):
        remove_member(owners, cast.alice, former)
    assert members(owners) == ["alice"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_two_removals_at_once_leave_an_administrator(
    cast: Cast, as_user: Callable[..., Client]
) -> None:
    owners = cast.acme.teams.get(name="owners")
    spare = factories.team(cast.acme, "spare", TeamRole.ADMIN, (cast.alice,))
    alice = as_user(cast.alice)
    paths = [f"{ORG}/team/{name}/members/alice" for name in ("owners", "spare")]
    barrier = Barrier(len(paths))

    def leave(path: str) -> int:
        barrier.wait()
        return alice.delete(path).status

    with ThreadPoolExecutor(len(paths)) as pool:
        assert sorted(pool.map(leave, paths)) == [204, 400]
    assert members(owners) + members(spare) == ["alice"]


def test_permissions_of_a_team(
    cast: Cast,
    alice: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    grant(cast.public, cast.team, Role.READ, factories.BY)
    ended = timezone.now() - timedelta(minutes=1)
    grant(cast.web, cast.team, Role.ADMIN, factories.BY, ended)
    path = f"{TEAM}/permissions"
    api = {"repository": {"name": "api", "is_public": False}, "role": "write"}
    public = {"repository": {"name": "public", "is_public": True}, "role": "read"}
    with django_assert_max_num_queries(6):
        shown = alice.get(path)
    assert (shown.status, shown.json) == (200, {"permissions": [api, public]})
    assert alice.get(f"{path}?q=pub").json == {"permissions": [public]}
    first = alice.get(f"{path}?limit=1").json
    assert first["permissions"] == [api]
    rest = alice.get(f"{path}?limit=1&next_page={first['next_page']}").json
    assert rest == {"permissions": [public]}


def test_long_lists_of_members_are_paged_and_searched(
    cast: Cast,
    alice: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(4):
        add_member(cast.team, factories.user(f"person{n}"), factories.BY)
        add_member(cast.team, factories.robot(cast.acme, f"bot{n}")[0], factories.BY)
    path = f"{TEAM}/members"
    with django_assert_max_num_queries(6):
        everybody = [item["name"] for item in alice.get(path).json["members"]]
    assert everybody == members(cast.team)
    found, query = [], "limit=4"
    while query:
        page = alice.get(f"{path}?{query}").json
        found += [item["name"] for item in page["members"]]
        query = f"limit=4&next_page={page['next_page']}" if "next_page" in page else ""
    assert found == everybody
    bots = alice.get(f"{path}?q=BOT").json["members"]
    assert [item["name"] for item in bots] == [f"acme+bot{n}" for n in range(4)]
    assert alice.get(f"{path}?limit=x").json == {
        "message": {"limit": "If specified, the number of members to return."}
    }
    assert alice.get(f"{path}?q=%00").status == 400
    assert alice.get(f"{path}?next_page=x").status == 400


def test_who_may_look_and_who_may_write(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["dora"]
    factories.team(cast.acme, "ops", members=(cast.charlie,))
    bob = local_user(cast.bob)
    auditor = local_user(factories.user("dora"))
    seen = bob.get(f"{TEAM}/members")
    assert (seen.status, seen.json["can_edit"]) == (200, False)
    seen = auditor.get(f"{TEAM}/members")
    assert (seen.status, seen.json["can_edit"]) == (200, False)
    assert auditor.get(f"{TEAM}/permissions").status == 200
    for name in ("ops", "nosuch", "%00"):
        assert bob.get(f"{ORG}/team/{name}/members").status == 403
    assert local_user(cast.bob, "user:read").get(f"{TEAM}/members").status == 403
    assert local.get(f"{TEAM}/members").status == 401
    writers = [
        bob,
        auditor,
        local_user(cast.alice, "repo:admin repo:create user:admin super:user"),
    ]
    for client in writers:
        calls = [
            client.put(TEAM, {"role": "admin"}),
            client.delete(TEAM),
            client.put(f"{TEAM}/members/charlie"),
            client.delete(f"{TEAM}/members/bob"),
            client.put(f"{TEAM}/invite/x@example.org"),
        ]
        assert [answer.status for answer in calls] == [403] * 5
    assert bob.get(f"{TEAM}/permissions").status == 403
    assert members(cast.team) == ["bob"]
    admin = local_user(cast.alice, "org:admin")
    assert admin.put(TEAM, {"role": "member"}).status == 200


def test_nobody_is_invited_by_mail(cast: Cast, alice: LocalClient) -> None:
    path = f"{TEAM}/invite/new@example.org"
    for answer in (alice.put(path), alice.put(path, {}), alice.delete(path)):
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")


def test_a_persons_own_namespace_has_no_teams(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    settings.SUPER_USERS = ["charlie"]
    path = "/api/v1/organization/bob/team/new"
    assert local_user(cast.bob).put(path, {"role": "member"}).status == 403
    assert local_user(cast.charlie).put(path, {"role": "member"}).status == 404
    assert local_user(cast.charlie).get(f"{path}/members").status == 404
    assert not Team.objects.filter(name="new").exists()
    assert Robot.objects.count() == 2
