"""The list of all repositories is for site administrators alone."""

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Podman
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, granted, registry_get, token
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

CATALOG = "registry:catalog:*"


@pytest.fixture(scope="module")
def site_admin(site: Site) -> Account:
    admin = site.account("root-of-all", "a password for the end-to-end tests")
    site.manage(
        *("createsuperuser", "--noinput", "--username", admin.name, "--email", ""),
        DJANGO_SUPERUSER_PASSWORD=admin.secret,
    )
    return admin


def test_a_site_administrator_searches_with_podman(
    site: Site, cast: Cast, site_admin: Account, podman: Podman
) -> None:
    web = cast.repository("web")
    podman.must_login(cast.writer)
    assert podman.push(web).code == 0

    podman.must_login(site_admin)
    found = podman.search("web")

    assert found.code == 0
    assert f"{site.registry}/{web}" in found.output


def test_nobody_else_sees_the_catalog(site: Site, cast: Cast, podman: Podman) -> None:
    web = cast.repository("web")
    podman.must_login(cast.writer)
    assert podman.push(web).code == 0

    for account in (cast.writer, cast.admin, cast.owner):
        podman.must_login(account)
        assert web not in podman.search("web").output


def test_the_registry_obeys(site: Site, cast: Cast, site_admin: Account) -> None:
    allowed = registry_get(site, "/v2/_catalog", token(site, site_admin, CATALOG))
    refused = registry_get(site, "/v2/_catalog", token(site, cast.owner, CATALOG))

    assert allowed.status == 200
    assert "repositories" in allowed.json
    assert refused.status == 401


def test_anonymous_gets_a_token_without_the_catalog(site: Site) -> None:
    assert granted(ask(site, None, CATALOG)) == {"catalog": set()}
