"""People log in beside robots, with their own password."""

import pytest

from tests.e2e.clients import Podman
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import manifest_digest
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def test_a_person_pushes_to_the_own_namespace(
    site: Site, cast: Cast, podman: Podman
) -> None:
    own = f"{cast.owner.name}/tool"
    assert site.call("password_scheme", username=cast.owner.name) == "argon2"

    logged_in = podman.login(cast.owner)
    pushed = podman.push(own)
    pulled = podman.pull(own)

    assert (logged_in.code, pushed.code, pulled.code) == (0, 0, 0), pushed.output
    assert "Login Succeeded!" in logged_in.output
    assert site.call("repositories", namespace=cast.owner.name) == {"tool": "private"}
    assert podman.pulled_digest(own) == manifest_digest(site, cast.owner, own)


def test_the_one_who_logged_in_last_counts(cast: Cast, podman: Podman) -> None:
    web = cast.repository("web")
    podman.must_login(cast.stranger)
    refused = podman.push(web)
    podman.must_login(cast.writer)
    by_robot = podman.push(web)
    podman.must_login(cast.owner)
    by_owner = podman.push(web)

    assert refused.code == 125
    assert "denied: requested access to the resource is denied" in refused.text
    assert (by_robot.code, by_owner.code) == (0, 0), by_robot.output + by_owner.output


def test_a_stranger_neither_pulls_nor_creates(
    site: Site, cast: Cast, podman: Podman
) -> None:
    podman.must_login(cast.stranger)

    assert podman.pull(cast.repository("web")).code == 125
    assert podman.push(cast.repository("new")).code == 125
    assert "new" not in site.call("repositories", namespace=cast.organization)
