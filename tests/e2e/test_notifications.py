"""A real registry tells of pulls and pushes, and what it has comes to exist here."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.clients import Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import MANIFESTS, request, token
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

SECONDS = 30
MANY = 130


@pytest.fixture(scope="module")
def told(site: Site) -> Iterator[Site]:
    """A site whose registry sends notifications, and which writes uses at once."""
    secret = secrets.token_urlsafe(48)
    other = site.sibling(
        "told", REGISTRY_NOTIFICATION_TOKENS=secret, USAGE_FLUSH_SECONDS="1"
    )
    site.account("notifications", secret)
    with other.running():
        yield other
        assert secret not in other.registry_log() + other.application_log()


def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is so: a registry tells what happened a little later."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def uses(site: Site, repository: str) -> list[list[str]]:
    found: list[list[str]] = site.call("uses", repository=repository)
    return found


def names(site: Site, cast: Cast) -> set[str]:
    return set(site.call("repositories", namespace=cast.organization))


def pull_manifest(site: Site, repository: str, bearer: str) -> None:
    """Pull with a token that was issued before."""
    answer = request(
        "GET",
        site.registry,
        f"/v2/{repository}/manifests/v1",
        headers={"Authorization": f"Bearer {bearer}", "Accept": MANIFESTS},
    )
    assert answer.status == 200, answer.text


def test_a_registry_is_believed_and_its_uses_are_kept(
    told: Site, cast: Cast, skopeo: Skopeo, podman: Podman
) -> None:
    web = cast.repository("web")
    skopeo.registry = podman.registry = told.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    podman.must_login(cast.reader)
    assert podman.pull(web).code == 0

    wanted = [
        [cast.reader.name, "pull"],
        [cast.writer.name, "pull"],
        [cast.writer.name, "push"],
    ]
    eventually(lambda: uses(told, web) == wanted)
    posts = [
        line for line in told.access_log().splitlines() if "/registry/notif" in line
    ]
    assert len(posts) >= 2
    assert all(" 204 " in line for line in posts), posts


def test_what_is_pulled_there_and_missing_here_comes_to_exist(
    told: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web = cast.repository("web")
    skopeo.registry = told.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    bearer = token(told, cast.reader, f"repository:{web}:pull")
    told.call("forget", repository=web)
    assert "web" not in names(told, cast)

    pull_manifest(told, web, bearer)

    eventually(lambda: "web" in names(told, cast))
    # No token was issued since for the repository that there is now.
    eventually(lambda: uses(told, web) == [[cast.reader.name, "pull"]])
    assert told.call("repositories", namespace=cast.organization)["web"] == "private"


def test_what_was_deleted_here_is_not_brought_back_by_an_old_token(
    told: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web, vault = cast.repository("web"), cast.repository("vault")
    skopeo.registry = told.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    source = told.registry_folder / "images/docker/registry/v2/repositories"
    shutil.copytree(source / web, source / vault)
    bearer = token(told, cast.reader, f"repository:{web}:pull")
    also = token(told, cast.owner, f"repository:{vault}:pull")
    told.call("delete", repository=web)
    told.call("forget", repository=vault)

    pull_manifest(told, web, bearer)
    pull_manifest(told, vault, also)

    # One registry tells in the order of what happened.
    eventually(lambda: "vault" in names(told, cast))
    assert "web" not in names(told, cast)


def test_a_catalog_of_many_pages_comes_to_exist_once(
    told: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web = cast.repository("web")
    skopeo.registry = told.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    folder = told.registry_folder / "images/docker/registry/v2/repositories"
    wanted = {f"many/n{number:03}" for number in range(MANY)}
    for name in wanted:
        shutil.copytree(folder / web, folder / cast.repository(name))

    def sync() -> dict[str, object]:
        arguments = ("--namespace", cast.organization, "--page-size", "30", "--json")
        answer: dict[str, object] = json.loads(
            told.manage("sync_repositories", *arguments)
        )
        return answer

    first, second = sync(), sync()

    assert first["created"] == sorted(map(cast.repository, wanted))
    assert names(told, cast) == {"web", "vault", "public"} | wanted
    assert (second["created"], second["here"]) == ([], MANY + 1)
    assert second["only_here"] == [cast.repository("public"), cast.repository("vault")]
    skopeo.must_login(cast.owner)
    assert skopeo.pull(cast.repository("many/n000")).code == 0


def test_who_shows_another_token_is_not_believed(told: Site, cast: Cast) -> None:
    event = {
        "action": "push",
        "timestamp": "2026-11-27T12:00:00Z",
        "target": {"repository": cast.repository("new")},
        "actor": {"name": cast.writer.name},
    }
    wrong = told.account("not a registry", secrets.token_urlsafe(48))

    answer = request(
        "POST",
        told.address,
        "/registry/notifications",
        document={"events": [event]},
        headers={"Authorization": f"Bearer {wrong.secret}"},
    )

    assert answer.status == 401
    assert "new" not in names(told, cast)
