"""Every client, as every kind of caller, gets in and out what it should."""

import pytest

from tests.e2e.clients import Client, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import manifest_digest
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def test_a_robot_logs_in_pushes_and_pulls(
    site: Site, cast: Cast, any_client: Client
) -> None:
    web = cast.repository("web")

    logged_in = any_client.login(cast.writer)
    pushed = any_client.push(web)
    pulled = any_client.pull(web)

    assert (logged_in.code, pushed.code, pulled.code) == (0, 0, 0), (
        logged_in.output + pushed.output + pulled.output
    )
    in_registry = manifest_digest(site, cast.reader, web)
    assert any_client.pulled_digest(web) == in_registry


def test_anybody_pulls_a_public_repository_and_nobody_a_private_one(
    site: Site, cast: Cast, any_client: Client, skopeo: Skopeo
) -> None:
    skopeo.must_login(cast.writer)
    for name in ("public", "web"):
        pushed = skopeo.push(cast.repository(name))
        assert pushed.code == 0, pushed.output
    skopeo.auth_file.write_text("{}")

    public = any_client.pull(cast.repository("public"))
    private = any_client.pull(cast.repository("web"))

    assert public.code == 0, public.output
    assert private.code != 0
    in_registry = manifest_digest(site, cast.writer, cast.repository("public"))
    assert any_client.pulled_digest(cast.repository("public")) == in_registry
