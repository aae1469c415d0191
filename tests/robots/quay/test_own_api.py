"""From one Quaysite into another: our own API answers, over real HTTP.

The answers are remembered by a server in between. Then all of it is deleted, and
brought back from what was remembered.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from federation.entries import Entry
from federation.lifecycle import set_trusts
from robots.accessfile.documents import NamespaceDocument
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.organizations import delete_organization, update_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repository_changes import set_description, set_state
from robots.lifecycle.robots import change_robot
from robots.lookup import namespace_named
from robots.models import Robot
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.api.tokens import bearer
from tests.factories import BY
from tests.registryauth.endpoint import SERVICE, Endpoint, basic
from tests.robots.quay.importing import run_import, stored
from tests.robots.quay.server import Quay, served

SCOPES = "org:admin repo:admin user:read user:admin"
ENDS = "ends of permissions of organization acme: are not told by this API"


def build() -> dict[str, str]:
    """An organization with some of everything; answers the robots' secrets."""
    alice, bob = factories.user("alice"), factories.user("bob")
    acme = factories.organization("acme", owner=alice)
    update_organization(
        acme, {"email": "ops@example.com", "tag_expiration_s": 86_400}, BY
    )
    secrets = {}
    robots: dict[str, Robot] = {}
    for name in ("ci", "bot", "idle"):
        robots[name], secret = factories.robot(acme, name)
        secrets[f"acme+{name}"] = secret.reveal()
    fields: dict[str, Any] = {
        "description": "Builds, ünïcode",
        "metadata": {"owner": ["alice", 1, None, True]},
    }
    change_robot(robots["ci"], fields, BY)
    change_robot(robots["idle"], {"enabled": False}, BY)
    entries = [
        Entry("https://issuer.example.com", "build-7"),
        Entry(
            "https://issuer.example.com",
            "build-8",
            audiences=("https://quay.example.com",),
        ),
    ]
    set_trusts(robots["ci"], entries, BY)
    team = factories.team(acme, "builders", TeamRole.CREATOR, (robots["ci"], bob))
    factories.team(acme, "empty")
    web = factories.repository(acme, "web")
    set_description(web, "The\nshop", BY)
    api = factories.repository(acme, "tools/api", Visibility.PUBLIC)
    set_state(api, State.READ_ONLY, BY)
    grant(web, robots["ci"], Role.WRITE, BY)
    grant(web, bob, Role.READ, BY)
    grant(api, team, Role.ADMIN, BY)
    for number in range(110):
        factories.repository(acme, f"many/r{number:03}")
    create_default_permission(acme, team, Role.READ, BY)
    create_default_permission(acme, robots["bot"], Role.WRITE, BY, alice)
    return secrets


@pytest.fixture
def remembered(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Quay, NamespaceDocument, dict[str, str]]]:
    """What a run asked of our API, what is there, and the secrets of its robots."""
    secrets = build()
    before = stored()
    token = bearer(namespace_named("alice").owner, SCOPES)  # type: ignore[arg-type]
    monkeypatch.setenv("QUAY_TOKEN", token)
    with served({}, source=live_server.url, token=token) as quay:
        seen = run_import(quay, "--organization", "acme")
        assert seen.counts() == (0, 0, 0, 0)
        quay.source = None
        delete_organization(namespace_named("acme"), BY)
        yield quay, before, secrets


def test_it_comes_back_as_it_was_and_its_robots_log_in(
    remembered: tuple[Quay, NamespaceDocument, dict[str, str]], client: Client
) -> None:
    quay, before, secrets = remembered
    ran = run_import(quay, "--organization", "acme", "--restore")
    assert stored() == before
    assert [line[: len(ENDS)] for line in ran.left_out] == [ENDS]
    assert ran.counts()[1:] == (0, 3, 0)
    endpoint = Endpoint(client)
    scope = "repository:acme/web:pull,push"
    login = basic("acme+ci", secrets["acme+ci"])
    asked = endpoint.get(scope, login=login, service=SERVICE)
    assert asked.status_code == 200
    assert endpoint.access(scope, login=login, service=SERVICE) == [
        ("acme/web", ["push", "pull"])
    ]
    idle = basic("acme+idle", secrets["acme+idle"])
    assert endpoint.get(scope, login=idle, service=SERVICE).status_code == 401
