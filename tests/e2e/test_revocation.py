"""What is taken away is gone at the next request to the token endpoint (R8)."""

import json

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Client, Docker, Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DENIED = "denied: requested access to the resource is denied"


def regenerate(site: Site, robot: Account) -> Account:
    made = json.loads(site.manage("regenerate_robot_token", robot.name, "--json"))
    return site.account(made["robot"], made["token"])


def unknown(robot: Account) -> str:
    return f"Could not find robot with username: {robot.name} and supplied password."


def test_after_regenerating_only_the_new_token_works(
    site: Site, cast: Cast, any_client: Client
) -> None:
    web = cast.repository("web")
    any_client.must_login(cast.writer)
    assert any_client.push(web).code == 0

    renewed = regenerate(site, cast.writer)
    with_old = any_client.pull(web)
    any_client.must_login(renewed)
    with_new = any_client.pull(web)

    assert renewed.name == cast.writer.name
    assert with_old.code != 0
    assert with_new.code == 0, with_new.output


def test_podman_says_why_the_stored_token_no_longer_works(
    site: Site, cast: Cast, podman: Podman
) -> None:
    podman.must_login(cast.writer)
    regenerate(site, cast.writer)

    pulled = podman.pull(cast.repository("web"))

    assert pulled.code == 125
    assert (
        "unable to retrieve auth token: invalid username/password:"
        f" unauthorized: {unknown(cast.writer)}"
    ) in pulled.text


def test_a_deleted_robot_cannot_log_in(
    site: Site, cast: Cast, skopeo: Skopeo, docker: Docker
) -> None:
    assert (skopeo.login(cast.nobody).code, docker.login(cast.nobody).code) == (0, 0)

    site.manage("delete_robot", cast.nobody.name, "--yes")

    assert skopeo.login(cast.nobody).code == 1
    refused = docker.login(cast.nobody)
    assert refused.code == 1
    assert f"unauthorized: {unknown(cast.nobody)}" in refused.text


def test_a_disabled_robot_cannot_log_in_until_it_is_enabled(
    site: Site, cast: Cast, docker: Docker
) -> None:
    site.call("set_robot_enabled", robot=cast.reader.name, enabled=False)
    refused = docker.login(cast.reader)
    site.call("set_robot_enabled", robot=cast.reader.name, enabled=True)
    accepted = docker.login(cast.reader)

    assert refused.code == 1
    assert f"unauthorized: Robot {cast.reader.name} is disabled" in refused.text
    assert accepted.code == 0, accepted.output


def test_granting_and_revoking_count_at_the_next_request(
    site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    vault = cast.repository("vault")
    skopeo.must_login(cast.nobody)

    before = skopeo.push(vault)
    site.manage("grant", cast.nobody.name, vault, "write")
    granted = skopeo.push(vault)
    site.manage("revoke", cast.nobody.name, vault)
    after = skopeo.pull(vault)

    assert (before.code, granted.code, after.code) == (1, 0, 1), granted.output
    assert DENIED in before.text
    assert DENIED in after.text
