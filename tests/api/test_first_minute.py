"""A web client's first minute, on a site with nothing and on a site with something."""

from typing import Any

import pytest

from robots.models import DefaultPermission
from robots.roles import Role
from tests import factories
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

V1 = "/api/v1"
OWN_KEYS = (
    "anonymous username avatar organizations can_create_repo is_me verified email"
    " logins invoice_email invoice_email_address preferred_namespace tag_expiration_s"
    " prompts company family_name given_name location is_free_account has_password_set"
)
ORGANIZATION_KEYS = (
    "name email avatar is_admin is_member teams ordered_teams invoice_email"
    " invoice_email_address tag_expiration_s is_free_account"
)


def keys(text: str) -> set[str]:
    return set(text.split())


def sign_in(client: Client, username: str) -> None:
    client.csrf = client.get("/csrf_token").json["csrf_token"]
    credentials = {"username": username, "password": factories.PASSWORD}
    answer = client.post(f"{V1}/signin", credentials)
    assert (answer.status, answer.json) == (200, {"success": True})
    client.csrf = answer.headers["X-Next-CSRF-Token"]


def shown(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status == 200, (path, answer.text)
    return answer.json


def before_anybody_signs_in(client: Client) -> None:
    config = shown(client, "/config")
    assert {"config", "features", "oauth", "external_login"} <= config.keys()
    assert config["config"]["AUTHENTICATION_TYPE"] == "Database"
    assert config["registry_state"] == "normal"
    assert all(type(value) is bool for value in config["features"].values())
    nobody = client.get(f"{V1}/user/")
    assert (nobody.status, nobody.json["session_required"]) == (401, False)
    assert shown(client, f"{V1}/messages") == {"messages": []}
    assert shown(client, f"{V1}/find/all?query=") == {"results": []}


def once_signed_in(client: Client) -> None:
    person = shown(client, f"{V1}/user/")
    assert keys(OWN_KEYS) <= person.keys()
    assert person["anonymous"] is False
    empty = {"notifications": [], "additional": False}
    assert shown(client, f"{V1}/user/notifications") == empty
    assert shown(client, f"{V1}/user/quota") == []
    assert shown(client, f"{V1}/user/starred").keys() >= {"repositories"}
    robots = shown(client, f"{V1}/user/robots?permissions=true&token=false")
    assert all("teams" in robot for robot in robots["robots"])
    logs = shown(client, f"{V1}/user/logs")
    assert {"start_time", "end_time", "logs"} <= logs.keys()
    mine = shown(client, f"{V1}/repository?namespace={person['username']}")
    assert mine.keys() >= {"repositories"}


def an_organization(client: Client, name: str) -> dict[str, Any]:
    """What its pages ask for; answers everything by the last part of the path."""
    base = f"{V1}/organization/{name}"
    organization = shown(client, base)
    assert keys(ORGANIZATION_KEYS) <= organization.keys()
    answers = {"": organization}
    for path in (
        "robots?permissions=true&token=false", "members", "collaborators",
        "prototypes", "logs", "aggregatelogs", "applications", "quota",
        "proxycache", "autoprunepolicy/", "immutabilitypolicy/",
    ):  # fmt: skip
        answers[path.partition("?")[0].strip("/")] = shown(client, f"{base}/{path}")
    assert client.get(f"{base}/mirror").status == 404
    for team in organization["teams"]:
        shown(client, f"{base}/team/{team}/members?includePending=true")
        shown(client, f"{base}/team/{team}/permissions")
    found = shown(
        client, f"{V1}/entities/a?namespace={name}&includeTeams=True&includeOrgs=False"
    )
    assert found.keys() == {"results"}
    shown(client, f"{V1}/repository?namespace={name}&last_modified=true")
    return answers


def test_on_an_empty_site(api: Client) -> None:
    factories.user("alice")
    before_anybody_signs_in(api)
    sign_in(api, "alice")
    once_signed_in(api)
    made = api.post(f"{V1}/organization/", {"name": "acme", "email": "a@example.com"})
    assert (made.status, made.json) == (201, "Created")
    answers = an_organization(api, "acme")
    assert answers["robots"] == {"robots": []}
    assert answers["prototypes"] == {"prototypes": []}
    assert answers["applications"] == {"applications": []}
    assert list(answers[""]["teams"]) == ["owners"]
    assert [member["name"] for member in answers["members"]["members"]] == ["alice"]
    assert [entry["kind"] for entry in answers["logs"]["logs"]] == ["org_create"]


def test_on_a_full_site(api: Client, cast: Cast) -> None:
    DefaultPermission.objects.create(namespace=cast.acme, robot=cast.ci, role=Role.READ)
    before_anybody_signs_in(api)
    sign_in(api, "alice")
    once_signed_in(api)
    answers = an_organization(api, "acme")
    ci = next(r for r in answers["robots"]["robots"] if r["name"] == "acme+ci")
    assert (ci["repositories"], ci["teams"]) == (["web"], [])
    assert "token" not in ci
    assert set(answers[""]["teams"]) == {"owners", "developers"}
    (default,) = answers["prototypes"]["prototypes"]
    assert default.keys() == {"activating_user", "delegate", "role", "id"}
    assert default["delegate"]["name"] == "acme+ci"
    kinds = {entry["kind"] for entry in answers["logs"]["logs"]}
    assert {"create_robot", "org_create", "change_repo_permission"} <= kinds
    web = shown(api, f"{V1}/repository/acme/web?includeTags=true&includeStats=false")
    assert (web["can_admin"], web["tags"]) == (True, {})
    users = shown(api, f"{V1}/repository/acme/web/permissions/user/")["permissions"]
    assert set(users) == {"acme+ci", "acme+reader"}
    teams = shown(api, f"{V1}/repository/acme/api/permissions/team/")["permissions"]
    assert teams["developers"]["role"] == "write"
    assert api.post(f"{V1}/signout").json == {"success": True}
    assert api.get(f"{V1}/user/").status == 401
