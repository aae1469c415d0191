"""Refresh tokens: docker keeps one instead of a password, skopeo sends it in chunks."""

import base64
import json

import pytest

from tests.e2e.clients import Client, Docker
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, granted, refresh
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

TOO_LONG = 3 * 1024 * 1024


def refresh_token(site: Site, cast: Cast) -> str:
    answer = ask(site, cast.writer, offline=True)
    found = str(answer.json["refresh_token"])
    site.canaries.add(found)
    return found


def posts(site: Site) -> int:
    return site.access_log().count('"POST /v2/auth HTTP/1.1" 200')


def test_s25_docker_uses_one_identity_token_again_and_again(
    site: Site, cast: Cast, docker: Docker
) -> None:
    web = cast.repository("web")
    assert docker.login(cast.writer).code == 0
    identity_token = docker.identity_token()
    assert identity_token is not None
    site.canaries.add(identity_token)
    before = posts(site)

    pushed = docker.push(web)
    first, second = docker.pull(web), docker.pull(web)

    assert (pushed.code, first.code, second.code) == (0, 0, 0), pushed.output
    assert posts(site) >= before + 3
    assert docker.identity_token() == identity_token
    assert cast.writer.secret not in (docker.folder / "config.json").read_text()


def test_dockers_identity_token_dies_with_the_robots_token(
    site: Site, cast: Cast, docker: Docker
) -> None:
    web = cast.repository("web")
    docker.must_login(cast.writer)
    assert docker.push(web).code == 0
    assert docker.pull(web).code == 0

    made = json.loads(site.manage("regenerate_robot_token", cast.writer.name, "--json"))
    site.account(cast.writer.name, made["token"])

    refused = docker.pull(web)
    assert refused.code == 1
    assert "unauthorized" in refused.text


@pytest.mark.parametrize("fixture", ["skopeo", "podman"])
def test_an_identity_token_in_the_auth_file_is_sent_in_chunks_and_works(
    request: pytest.FixtureRequest, site: Site, cast: Cast, fixture: str
) -> None:
    client: Client = request.getfixturevalue(fixture)
    web = cast.repository("web")
    entry = {
        "auth": base64.b64encode(b"<token>:").decode(),
        "identitytoken": refresh_token(site, cast),
    }
    client.auth_file.write_text(json.dumps({"auths": {site.registry: entry}}))
    before = posts(site)

    pushed = client.push(web)
    first, second = client.pull(web), client.pull(web)

    assert (pushed.code, first.code, second.code) == (0, 0, 0), pushed.output
    assert posts(site) >= before + 3


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
def test_a_refresh_token_opens_what_its_robot_may_open(
    site: Site, cast: Cast, chunked: bool
) -> None:
    web, vault = cast.repository("web"), cast.repository("vault")
    refresher = refresh_token(site, cast)

    answer = refresh(
        site,
        refresher,
        f"repository:{web}:push,pull repository:{vault}:pull",
        chunked=chunked,
    )

    assert answer.status == 200
    assert granted(answer) == {web: {"push", "pull"}, vault: set()}
    assert answer.json["access_token"] == answer.json["token"]


def test_a_chunked_body_without_end_is_refused(site: Site) -> None:
    answer = refresh(site, "x" * TOO_LONG, "", chunked=True)

    assert answer.status == 413
