"""The compatibility checklist over HTTP: permissions, teams, defaults, and logs."""

from collections.abc import Callable
from typing import Any

import pytest

from robots.models import DefaultPermission
from tests import factories
from tests.api.checklist import (
    ORG,
    OWN_ROBOTS,
    ROBOTS,
    V1,
    data_error,
    granted,
    invalid,
    is_empty,
    token_request,
)
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

WEB = f"{V1}/repository/acme/web"
ROLE = {"role": "read"}


@pytest.fixture
def alice(cast: Cast, as_user: Callable[..., Client]) -> Client:
    """Who owns acme, and has a namespace of her own."""
    return as_user(cast.alice)


def roles(client: Client, path: str) -> dict[str, str]:
    """The role of each grantee in a map of permissions, by full name."""
    shown = client.get(path).json["permissions"]
    assert all(name == permission["name"] for name, permission in shown.items())
    return {name: permission["role"] for name, permission in shown.items()}


USERS = f"{WEB}/permissions/user/"
TEAMS = f"{WEB}/permissions/team/"


def test_item_06_nobody_gets_a_role_who_cannot_have_one(
    cast: Cast, alice: Client
) -> None:
    alice.put(f"{OWN_ROBOTS}/foreign")
    refusals = {
        "acme+nobody": "Invalid username: acme+nobody",
        "nobody": "Invalid username: nobody",
        "acme": "Namespace owner must always be admin.",
    }
    for foreign in ("alice+foreign", "alice+nobody", "beta+ci"):
        told = f"Cannot add robot {foreign} under namespace acme"
        refusals[foreign] = told
    for name, text in refusals.items():
        assert invalid(alice.put(f"{USERS}{name}", ROLE), text)
    no_team = alice.put(f"{TEAMS}nobody", ROLE)
    assert invalid(no_team, "No team nobody in organization acme")
    for path in (f"{USERS}acme+ci", f"{TEAMS}developers"):
        for body in ({"role": "owner"}, {}):
            refused = alice.put(path, body)
            assert refused.json["error_type"] == "invalid_request"
            assert refused.status == 400
    assert roles(alice, USERS) == {"acme+ci": "write", "acme+reader": "read"}
    assert roles(alice, TEAMS) == {}


def test_item_06_permissions_of_robots_come_and_go(
    cast: Cast, alice: Client, api: Client
) -> None:
    keys = {"role", "name", "is_robot", "avatar", "is_org_member"}
    for name, role in (("acme+ci", "admin"), ("acme%2Bci", "read"), ("bob", "write")):
        full_name = name.replace("%2B", "+")
        put = alice.put(f"{USERS}{name}", {"role": role})
        assert (put.status, put.json.keys()) == (200, keys)
        assert (put.json["role"], put.json["name"]) == (role, full_name)
        assert put.json["is_robot"] == ("+" in full_name)
        assert put.json["is_org_member"] is True
        got = alice.get(f"{USERS}{name}")
        assert (got.status, got.json) == (200, put.json)
        assert alice.get(USERS).json["permissions"][full_name] == put.json
        every = alice.get(f"{USERS}{name}/transitive").json["permissions"]
        assert {"role": role} in every
    ci, scope = ("acme+ci", cast.ci_secret), "repository:acme/web:push,pull"
    assert granted(token_request(api, *ci, scope)) == [("acme/web", ["pull"])]
    assert is_empty(alice.delete(f"{USERS}acme+ci"))
    assert granted(token_request(api, *ci, scope)) == [("acme/web", [])]
    missing = "User does not have permission for repo."
    assert data_error(alice.get(f"{USERS}acme+ci"), missing)
    assert invalid(alice.delete(f"{USERS}acme+ci"), missing)
    assert roles(alice, USERS) == {"acme+reader": "read", "bob": "write"}


def test_item_06_permissions_of_teams_come_and_go(cast: Cast, alice: Client) -> None:
    team = f"{TEAMS}developers"
    for role in ("write", "admin"):
        put = alice.put(team, {"role": role})
        assert (put.status, put.json.keys()) == (200, {"role", "name", "avatar"})
        got = alice.get(team)
        assert (got.status, got.json) == (200, {"role": role})
        assert roles(alice, TEAMS) == {"developers": role}
    assert is_empty(alice.delete(team))
    missing = "Team does not have permission for repo."
    assert data_error(alice.get(team), missing)
    assert invalid(alice.delete(team), missing)


BUILDERS = f"{ORG}/team/builders"


def test_item_07_a_team_is_new_once_and_robots_join_it_at_once(
    cast: Cast, alice: Client
) -> None:
    for role, is_new in (("member", True), ("member", False), ("creator", False)):
        put = alice.put(BUILDERS, {"role": role, "description": "CI"})
        assert put.status == 200
        assert put.json == {
            "name": "builders", "description": "CI", "can_view": True, "role": role,
            "avatar": put.json["avatar"], "new_team": is_new,
        }  # fmt: skip
    assert alice.get(BUILDERS).status == 405
    put = alice.put(f"{BUILDERS}/members/acme+ci")
    assert put.status == 200
    assert put.json == {
        "name": "acme+ci", "kind": "user", "is_robot": True,
        "avatar": put.json["avatar"], "invited": False,
    }  # fmt: skip
    assert put.json["avatar"]["kind"] == "robot"
    assert alice.put(f"{BUILDERS}/members/bob", {}).status == 200
    listed = alice.get(f"{BUILDERS}/members?includePending=true").json
    assert (listed["name"], listed["can_edit"]) == ("builders", True)
    assert put.json in listed["members"]
    robots = {member["name"]: member["is_robot"] for member in listed["members"]}
    assert robots == {"acme+ci": True, "bob": False}

    again = alice.put(f"{BUILDERS}/members/acme+ci")
    assert data_error(again, "User acme+ci is already a member of team builders")
    alice.put(f"{OWN_ROBOTS}/foreign")
    foreign = (
        "Cannot add the specified robot to this team,"
        " as it is not a member of the organization"
    )
    assert data_error(alice.put(f"{BUILDERS}/members/alice+foreign"), foreign)
    assert invalid(alice.put(f"{BUILDERS}/members/nobody"), "Unknown user")


def test_item_07_a_robot_has_what_its_team_has_while_it_is_in_it(
    cast: Cast, alice: Client, api: Client
) -> None:
    alice.put(BUILDERS, {"role": "member"})
    alice.put(f"{BUILDERS}/members/acme+ci")
    permission = f"{V1}/repository/acme/api/permissions/team/builders"
    assert alice.put(permission, {"role": "write"}).status == 200
    assert alice.get(f"{BUILDERS}/permissions").json["permissions"] == [
        {"repository": {"name": "api", "is_public": False}, "role": "write"}
    ]
    ci, scope = ("acme+ci", cast.ci_secret), "repository:acme/api:push,pull"
    assert granted(token_request(api, *ci, scope)) == [("acme/api", ["push", "pull"])]
    assert is_empty(alice.delete(f"{BUILDERS}/members/acme+ci"))
    assert granted(token_request(api, *ci, scope)) == [("acme/api", [])]
    gone = alice.delete(f"{BUILDERS}/members/acme+ci")
    assert data_error(gone, "User acme+ci does not belong to team builders")
    assert is_empty(alice.delete(BUILDERS))
    twice = alice.delete(BUILDERS)
    assert data_error(twice, "Team 'builders' is not a team in org 'acme'")
    members = alice.get(f"{BUILDERS}/members")
    assert (members.status, members.json["error_type"]) == (404, "not_found")


def test_item_08_a_default_permission_holds_for_what_others_push(
    cast: Cast, alice: Client, api: Client
) -> None:
    defaults = f"{ORG}/prototypes"
    delegate = {"name": "acme+reader", "kind": "user", "is_robot": True}
    made = alice.post(defaults, {"role": "write", "delegate": delegate})
    assert (made.status, made.json.keys()) == (
        200, {"activating_user", "delegate", "role", "id"},
    )  # fmt: skip
    assert (made.json["activating_user"], made.json["role"]) == (None, "write")
    assert made.json["delegate"] == {
        **delegate, "is_org_member": True, "avatar": made.json["delegate"]["avatar"],
    }  # fmt: skip
    assert alice.get(defaults).json == {"prototypes": [made.json]}
    foreign = {"role": "read", "delegate": {"name": "alice+foreign", "kind": "user"}}
    alice.put(f"{OWN_ROBOTS}/foreign")
    assert invalid(alice.post(defaults, foreign), "Missing delegate user or team")

    alice.put(f"{ORG}/team/creators", {"role": "creator"})
    alice.put(f"{ORG}/team/creators/members/bob")
    scope = "repository:acme/pushed:push,pull"
    reader = ("acme+reader", cast.reader_secret, scope)
    assert granted(token_request(api, *reader)) == [("acme/pushed", [])]
    both = [("acme/pushed", ["push", "pull"])]
    assert granted(token_request(api, "bob", factories.PASSWORD, scope)) == both
    users = roles(alice, f"{V1}/repository/acme/pushed/permissions/user/")
    assert users == {"bob": "admin", "acme+reader": "write"}
    assert granted(token_request(api, *reader)) == both

    changed = alice.put(f"{defaults}/{made.json['id']}", {"role": "read"})
    assert (changed.status, changed.json) == (200, {**made.json, "role": "read"})
    assert is_empty(alice.delete(f"{ROBOTS}/reader"))
    assert alice.get(defaults).json == {"prototypes": []}
    assert not DefaultPermission.objects.exists()
    to_ci = {"role": "read", "delegate": {"name": "acme+ci", "kind": "user"}}
    path = f"{defaults}/{alice.post(defaults, to_ci).json['id']}"
    assert is_empty(alice.delete(path))
    gone = alice.delete(path)
    assert (gone.status, gone.json["error_type"]) == (404, "not_found")


def logged(client: Client, path: str) -> list[dict[str, Any]]:
    """Every entry of a log, the oldest first, across its pages."""
    entries: list[dict[str, Any]] = []
    query = ""
    while True:
        page = client.get(f"{path}{query}").json
        entries += page["logs"]
        if "next_page" not in page:
            return entries[::-1]
        query = f"?next_page={page['next_page']}"


TRUSTS = [{"issuer": "https://issuer.example", "subject": "ci"}]


def robot_deeds(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """Change robots; answers the kinds and metadata to find in the log, in order."""
    new = f"{ROBOTS}/new"
    client.put(new)
    about = {"description": "CI", "unstructured_metadata": {"a": 1}}
    client.put(f"{ROBOTS}/told", about)
    client.post(f"{new}/regenerate")
    client.post(f"{new}/federation", TRUSTS)
    client.delete(f"{new}/federation")
    client.get(new)
    client.delete(f"{ROBOTS}/told")
    robot = {"robot": "new"}
    nothing = {"description": None, "unstructured_metadata": None}
    return [
        ("create_robot", {**robot, **nothing}),
        ("create_robot", {"robot": "told", **about}),
        ("regenerate_robot_token", robot),
        ("create_robot_federation", {**robot, "config": TRUSTS}),
        ("delete_robot_federation", robot),
        ("read_robot_token", {"robots": ["new"], "count": 1}),
        ("delete_robot", {"robot": "told"}),
    ]


def permission_deeds(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """The same for permissions on a repository."""
    user, team = "permissions/user/acme+new", "permissions/team/developers"
    client.put(f"{WEB}/{user}", ROLE)
    client.put(f"{WEB}/{team}", {"role": "admin"})
    client.delete(f"{WEB}/{user}")
    client.delete(f"{WEB}/{team}")
    web = {"repo": "web", "namespace": "acme"}
    to_robot, to_team = {**web, "username": "acme+new"}, {**web, "team": "developers"}
    return [
        ("change_repo_permission", {**to_robot, "role": "read"}),
        ("change_repo_permission", {**to_team, "role": "admin"}),
        ("delete_repo_permission", to_robot),
        ("delete_repo_permission", to_team),
    ]


def team_deeds(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """The same for teams."""
    base = f"{ORG}/team/builders"
    client.put(base, {"role": "member"})
    client.put(base, {"role": "creator"})
    client.put(base, {"role": "creator", "description": "CI"})
    client.put(f"{base}/members/acme+new")
    client.delete(f"{base}/members/acme+new")
    client.delete(base)
    team = {"team": "builders"}
    member = {**team, "member": "acme+new"}
    return [
        ("org_create_team", team),
        ("org_set_team_role", {**team, "role": "creator"}),
        ("org_set_team_description", {**team, "description": "CI"}),
        ("org_add_team_member", member),
        ("org_remove_team_member", member),
        ("org_delete_team", team),
    ]


def default_deeds(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """The same for default permissions."""
    base = f"{ORG}/prototypes"
    body = {
        "role": "read",
        "delegate": {"name": "acme+new", "kind": "user"},
        "activating_user": {"name": "bob"},
    }
    made = client.post(base, body).json["id"]
    client.put(f"{base}/{made}", {"role": "write"})
    client.delete(f"{base}/{made}")
    to_team = {"role": "admin", "delegate": {"name": "developers", "kind": "team"}}
    for_team = client.post(base, to_team).json["id"]
    client.delete(f"{base}/{for_team}")
    who = {"username": "alice", "activating_username": "bob"}
    default = {**who, "prototypeid": made, "delegate_user": "acme+new"}
    of_team = {
        "username": "alice", "activating_username": None, "prototypeid": for_team,
        "delegate_team": "developers", "role": "admin",
    }  # fmt: skip
    changed = {**default, "role": "write", "original_role": "read"}
    return [
        ("create_prototype_permission", {**default, "role": "read"}),
        ("modify_prototype_permission", changed),
        ("delete_prototype_permission", {**default, "role": "write"}),
        ("create_prototype_permission", of_team),
        ("delete_prototype_permission", of_team),
    ]


def repository_deeds(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """The same for repositories."""
    body = {"repository": "new", "visibility": "private", "description": ""}
    base = f"{V1}/repository/acme/new"
    client.post(f"{V1}/repository", {**body, "namespace": "acme"})
    client.post(f"{base}/changevisibility", {"visibility": "public"})
    client.delete(base)
    new = {"repo": "new", "namespace": "acme"}
    return [
        ("create_repo", {**new, "visibility": "private"}),
        ("change_repo_visibility", {**new, "visibility": "public"}),
        ("delete_repo", new),
    ]


def test_item_17_the_log_says_what_was_done_by_whom(
    cast: Cast, alice: Client, api: Client
) -> None:
    application = {
        "oauth_token_id", "oauth_token_application_id", "oauth_token_application",
    }  # fmt: skip
    before = len(logged(alice, f"{ORG}/logs"))
    expected = [
        deed
        for deeds in (
            robot_deeds, permission_deeds, team_deeds, default_deeds, repository_deeds,
        )
        for deed in deeds(alice)
    ]  # fmt: skip
    entries = logged(alice, f"{ORG}/logs")[before:]
    assert [entry["kind"] for entry in entries] == [kind for kind, _ in expected]
    for entry, (kind, metadata) in zip(entries, expected, strict=True):
        assert application <= entry["metadata"].keys(), kind
        assert entry["metadata"]["oauth_token_application"] == "tests"
        own = {
            key: value
            for key, value in entry["metadata"].items()
            if key not in application
        }
        assert own.items() >= metadata.items() if kind in EXTENDED else own == metadata
        assert entry.keys() == {"kind", "metadata", "ip", "datetime", "performer"}
        performer = entry["performer"]
        assert (performer["name"], performer["is_robot"]) == ("alice", False)
        assert entry["ip"] == "127.0.0.1"
    secrets = (cast.ci_secret.reveal(), alice.token or "", factories.PASSWORD)
    assert not any(secret in str(entries) for secret in secrets)


EXTENDED = {"change_repo_permission"}
"""Kinds that say more than Quay's: until when the permission counts."""


def test_item_17_organizations_and_pushes_are_logged_too(
    cast: Cast, alice: Client, api: Client
) -> None:
    alice.post(f"{V1}/organization/", {"name": "beta", "email": "b@example.com"})
    (created, *_) = logged(alice, f"{V1}/organization/beta/logs")
    assert created["kind"] == "org_create"
    assert created["metadata"].items() >= {
        "email": "b@example.com", "namespace": "beta",
    }.items()  # fmt: skip
    alice.put(f"{ORG}/team/creators", {"role": "creator"})
    alice.put(f"{ORG}/team/creators/members/acme+ci")
    scope = "repository:acme/pushed:push,pull"
    assert token_request(api, "acme+ci", cast.ci_secret, scope).status == 200
    for path in (f"{ORG}/logs", f"{V1}/repository/acme/pushed/logs"):
        pushed = logged(alice, path)[-1]
        assert pushed["kind"] == "create_repo"
        assert pushed["metadata"].items() >= {
            "repo": "pushed", "namespace": "acme",
        }.items()  # fmt: skip
        performer = pushed["performer"]
        assert (performer["name"], performer["is_robot"]) == ("acme+ci", True)
