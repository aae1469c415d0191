"""The registry takes our tokens before, while and after the signing key changes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.e2e.clients import Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import registry_get, token
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


@pytest.fixture
def rotating_site(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site whose signing keys are its own."""
    folder = str(tmp_path / "keys")
    other = site.sibling("rotation", REGISTRY_SIGNING_KEYS_DIR=folder)
    with other.running():
        yield other


def test_tokens_of_both_keys_are_accepted_while_both_are_in_the_bundle(
    rotating_site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    site, web = rotating_site, cast.repository("web")
    skopeo.registry = site.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    old_token, old_key = _token(site, cast), _active_key(site)

    new_key = site.manage("signing_keys", "add").strip()
    site.start_registry()
    assert _bundle(site).count("BEGIN CERTIFICATE") == 2
    assert _accepts(site, old_token, web)

    site.manage("signing_keys", "activate", new_key)
    new_token = _first_of_another_key(site, cast, old_token)
    assert _accepts(site, old_token, web)
    assert _accepts(site, new_token, web)
    assert skopeo.pull(web).code == 0

    site.manage("signing_keys", "retire", old_key, "--now")
    site.start_registry()
    assert not _accepts(site, old_token, web)
    assert _accepts(site, new_token, web)
    assert skopeo.pull(web).code == 0


def test_a_token_of_a_key_that_the_registry_does_not_know_is_refused(
    site: Site, rotating_site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web = cast.repository("web")
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0

    assert _accepts(site, _token(site, cast), web)
    assert not _accepts(site, _token(rotating_site, cast), web)


@pytest.fixture
def rs256_site(site: Site) -> Iterator[Site]:
    other = site.sibling(
        "rs256",
        REGISTRY_SIGNING_ALGORITHM="RS256",
        REGISTRY_SIGNING_KEYS_DIR=str(site.folder / "rs256-keys"),
    )
    with other.running():
        yield other


def test_a_site_that_signs_with_rs256_works_too(
    rs256_site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web = cast.repository("web")
    skopeo.registry = rs256_site.registry

    logged_in = skopeo.login(cast.writer)
    pushed = skopeo.push(web)
    pulled = skopeo.pull(web)

    assert (logged_in.code, pushed.code, pulled.code) == (0, 0, 0), pushed.output
    header = jwt.get_unverified_header(_token(rs256_site, cast))
    assert header["alg"] == "RS256"


def _token(site: Site, cast: Cast) -> str:
    return token(site, cast.reader, f"repository:{cast.repository('web')}:pull")


def _first_of_another_key(site: Site, cast: Cast, old_token: str) -> str:
    """Every worker learns of the change by itself, within a second."""
    deadline = time.monotonic() + 30
    while True:
        found = _token(site, cast)
        if jwt.get_unverified_header(found) != jwt.get_unverified_header(old_token):
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _accepts(site: Site, bearer: str, repository: str) -> bool:
    answer = registry_get(site, f"/v2/{repository}/tags/list", bearer)
    assert answer.status in (200, 401)
    return answer.status == 200


def _active_key(site: Site) -> str:
    listed = json.loads(site.manage("signing_keys", "list", "--json"))
    return str(next(key["id"] for key in listed["keys"] if key["active"]))


def _bundle(site: Site) -> str:
    return (site.registry_folder / "bundle.pem").read_text()
