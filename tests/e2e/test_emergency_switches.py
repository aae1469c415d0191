"""A switch that one server turned is obeyed by the next request at the other (R5)."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.accounts import Account
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import Answer, ask, request
from tests.e2e.keyless import Keyless, path_of
from tests.e2e.provider import Provider
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."
LEAK = {"reason": "leaked tokens, ticket 4711"}

Path = Callable[[Cast, Provider], str]


def of_the_site(cast: Cast, provider: Provider) -> str:
    return "superuser/emergencyswitch"


def of_the_organization(cast: Cast, provider: Provider) -> str:
    return f"organization/{cast.organization}/emergencyswitch"


def of_the_robot(cast: Cast, provider: Provider) -> str:
    return f"organization/{path_of(cast.writer)}/emergencyswitch"


def of_the_issuer(cast: Cast, provider: Provider) -> str:
    issuer = quote(provider.issuer, safe="")
    return f"superuser/issuers/emergencyswitch?issuer={issuer}"


@pytest.fixture(scope="module")
def ruled(casts: Iterator[Cast]) -> Cast:
    """An organization whose owner is a superuser, to the second server."""
    return next(casts)


@pytest.fixture(scope="module")
def second(site: Site, ruled: Cast) -> Iterator[Site]:
    """Another server of the same database, with processes of its own."""
    sibling = site.sibling("second", SUPER_USERS=ruled.owner.name)
    with sibling.serving():
        yield sibling


@pytest.fixture(scope="module")
def ruler(second: Site, ruled: Cast) -> Account:
    """The superuser, with a token for the API of the second server."""
    token = second.call("site_token", username=ruled.owner.name)
    return second.account(ruled.owner.name, token)


def send(second: Site, by: Account, method: str, path: str, body: Any = None) -> Answer:
    headers = {"Authorization": f"Bearer {by.secret}"}
    path = f"/api/v1/{path}"
    return request(method, second.address, path, headers=headers, document=body)


def is_refused(answer: Answer) -> bool:
    """Whether it is a refusal with the text of the switch; 200 if it is none."""
    if answer.status == 200:
        return False
    assert answer.status == 401
    assert answer.json["errors"][0]["message"] == DISALLOWED
    return True


def is_refused_exchange(keyless: Keyless, robot: Account, token: str) -> bool:
    answer = keyless.ask_by_rfc8693(robot.name, token)
    if answer.status == 200:
        keyless.site.account(robot.name, answer.json["access_token"])
        return False
    assert (answer.status, answer.json["error"]) == (400, "access_denied")
    assert answer.json["error_description"] == DISALLOWED
    return True


@pytest.mark.parametrize(
    ("path", "stops_static"),
    [
        (of_the_site, True),
        (of_the_organization, True),
        (of_the_robot, True),
        (of_the_issuer, False),
    ],
)
def test_the_next_request_at_another_server_is_refused(
    path: Path,
    stops_static: bool,
    site: Site,
    second: Site,
    ruler: Account,
    ruled: Cast,
    keyless: Keyless,
    provider: Provider,
) -> None:
    """Static tokens, earned ones and the exchange; each asked right after the switch.

    `site` answered all of them a moment before, so that whatever it could keep in
    memory, it has.
    """
    job = provider.new_job()
    keyless.trust(ruled.api, ruled.writer, job)
    earned = keyless.exchange(ruled.writer, keyless.new_token(job))
    address = path(ruled, provider)

    def refused() -> tuple[bool, bool, bool]:
        return (
            is_refused(ask(site, ruled.writer)),
            is_refused(ask(site, earned)),
            is_refused_exchange(keyless, ruled.writer, keyless.new_token(job)),
        )

    for _ in range(3):
        assert refused() == (False, False, False)
        turned = send(second, ruler, "PUT", address, LEAK)
        try:
            assert turned.status == 200, turned.text
            assert refused() == (stops_static, True, True)
        finally:
            turned = send(second, ruler, "DELETE", address)
    assert turned.status == 204, turned.text
    assert refused() == (False, False, False)


def test_another_robot_goes_on_while_one_is_stopped(
    site: Site, second: Site, ruler: Account, ruled: Cast, provider: Provider
) -> None:
    address = of_the_robot(ruled, provider)
    assert send(second, ruler, "PUT", address, LEAK).status == 200
    try:
        assert is_refused(ask(site, ruled.writer))
        assert not is_refused(ask(site, ruled.reader))
    finally:
        assert send(second, ruler, "DELETE", address).status == 204
