"""A first push creates a private repository, for those who may create there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.e2e.clients import Client, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import Answer, ask, granted, manifest_digest
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

AT_BEGINNING = {"web": "private", "vault": "private", "public": "public"}
AT_ONCE = 4
RACES = 15
SECONDS = 30


def repositories(site: Site, namespace: str) -> dict[str, str]:
    found: dict[str, str] = site.call("repositories", namespace=namespace)
    return found


def test_a_creators_first_push_makes_a_private_repository(
    site: Site, cast: Cast, any_client: Client, skopeo: Skopeo
) -> None:
    any_client.must_login(cast.creator)

    pushed = any_client.push(cast.repository("new"))

    assert pushed.code == 0, pushed.output
    made = repositories(site, cast.organization)
    assert made == {**AT_BEGINNING, "new": "private"}
    assert manifest_digest(site, cast.creator, cast.repository("new"))
    skopeo.auth_file.write_text("{}")
    assert skopeo.pull(cast.repository("new")).code == 1


def test_a_repository_may_have_a_nested_name(
    site: Site, cast: Cast, any_client: Client
) -> None:
    nested = cast.repository("team/service/cache")
    any_client.must_login(cast.creator)

    pushed = any_client.push(nested)
    pulled = any_client.pull(nested)

    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
    assert repositories(site, cast.organization)["team/service/cache"] == "private"


@pytest.mark.parametrize("robot", ["nobody", "reader", "writer", "admin"])
def test_a_push_by_one_who_may_not_create_makes_nothing(
    site: Site, cast: Cast, skopeo: Skopeo, robot: str
) -> None:
    skopeo.must_login(getattr(cast, robot))

    pushed = skopeo.push(cast.repository("new"))

    assert pushed.code == 1
    assert "denied: requested access to the resource is denied" in pushed.text
    assert repositories(site, cast.organization) == AT_BEGINNING


def test_only_a_request_that_may_write_creates(site: Site, cast: Cast) -> None:
    scope = f"repository:{cast.repository('new')}:pull,push"

    pull = ask(site, cast.creator, f"repository:{cast.repository('new')}:pull")
    head = ask(site, cast.creator, scope, method="HEAD")

    assert granted(pull) == {cast.repository("new"): set()}
    assert (head.status, head.text) == (200, "")
    assert repositories(site, cast.organization) == AT_BEGINNING

    get = ask(site, cast.creator, scope)

    assert granted(get) == {cast.repository("new"): {"pull", "push"}}
    assert "new" in repositories(site, cast.organization)


def test_first_pushes_at_the_same_moment_all_succeed(
    site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    skopeo.must_login(cast.creator)
    images = [skopeo.new_image() for _ in range(AT_ONCE)]
    start = Barrier(AT_ONCE)

    def push(image: Path) -> int:
        start.wait(SECONDS)
        return skopeo.push(cast.repository("new"), image).code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(push, images))

    assert codes == [0] * AT_ONCE
    assert repositories(site, cast.organization) == {**AT_BEGINNING, "new": "private"}


def test_token_requests_at_the_same_moment_create_once(site: Site, cast: Cast) -> None:
    names = [f"new{n}" for n in range(RACES)]
    start = Barrier(AT_ONCE)

    def race(_: int) -> list[Answer]:
        answers = []
        for name in names:
            start.wait(SECONDS)
            scope = f"repository:{cast.repository(name)}:push"
            answers.append(ask(site, cast.creator, scope))
        return answers

    with ThreadPoolExecutor(AT_ONCE) as pool:
        everybody = list(pool.map(race, range(AT_ONCE)))

    expected = [{cast.repository(name): {"push"}} for name in names]
    for answers in everybody:
        assert [answer.status for answer in answers] == [200] * RACES
        assert [granted(answer) for answer in answers] == expected
    made = repositories(site, cast.organization)
    assert made == {**AT_BEGINNING, **dict.fromkeys(names, "private")}
