"""A proxy that TRUSTED_PROXY_COUNT does not know of is noticed by wrong secrets."""

import logging
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots import forwarded
from robots.forwarded import COUNT, Forwarded
from robots.tallies import tallies
from tests.conftest import Cast
from tests.registryauth.endpoint import basic

PROXY = "10.0.0.9"
CLIENT = "198.51.100.7"
FORM = "application/x-www-form-urlencoded"
LOGGER = "robots.forwarded"

Way = Callable[[Client, str, dict[str, str]], int]


def by_get(client: Client, secret: str, headers: dict[str, str]) -> int:
    shown = {"Authorization": basic("acme+ci", secret)}
    return client.get("/v2/auth", headers=shown | headers).status_code


def by_post(client: Client, secret: str, headers: dict[str, str]) -> int:
    form = {"grant_type": "password", "client_id": "x", "service": "127.0.0.1:5000"}
    form |= {"username": "acme+ci", "password": secret}
    return client.post("/v2/auth", urlencode(form), FORM, headers=headers).status_code


def by_exchange(client: Client, secret: str, headers: dict[str, str]) -> int:
    shown = {"Authorization": basic("acme+ci", secret)}
    path = "/oauth2/federation/robot/token"
    return client.get(path, headers=shown | headers).status_code


def as_application(client: Client, secret: str, headers: dict[str, str]) -> int:
    form = {"grant_type": "authorization_code", "code": "x"}
    form |= {"client_id": "some", "client_secret": secret}
    return client.post("/oauth/access_token", form, headers=headers).status_code


def by_sign_in(client: Client, secret: str, headers: dict[str, str]) -> int:
    form = {"username": "bob", "password": secret}
    return client.post("/sign-in/", form, headers=headers).status_code


def on_page(path: str, field: str) -> Way:
    """A password of bob, who is signed in, on a page that asks for it again."""

    def way(client: Client, secret: str, headers: dict[str, str]) -> int:
        client.force_login(User.objects.get(username="bob"))
        return client.post(path, {field: secret}, headers=headers).status_code

    return way


def by_api(path: str, **body: str) -> Way:
    def way(client: Client, secret: str, headers: dict[str, str]) -> int:
        client.force_login(User.objects.get(username="bob"))
        token = client.get("/csrf_token").json()["csrf_token"]
        return client.post(
            f"/api/v1/{path}",
            {**body, "password": secret},
            "application/json",
            headers={**headers, "X-CSRF-Token": token},
        ).status_code

    return way


WAYS: dict[Way, int] = {
    by_get: 401,
    by_post: 401,
    by_exchange: 401,
    as_application: 401,
    by_sign_in: 200,
    on_page("/sign-in/again/", "password"): 200,
    on_page("/admin/password_change/", "old_password"): 200,
    by_api("signin", username="bob"): 403,
    by_api("signin/verify"): 403,
    by_api("user/clientkey"): 400,
}


@pytest.fixture(autouse=True)
def noticing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said anything yet in this process."""
    monkeypatch.setattr(forwarded.forwarded, "_quiet_until", None)


def count() -> float:
    return tallies.totals().get((COUNT,), 0)


@pytest.mark.parametrize(("way", "status"), WAYS.items())
def test_a_wrong_secret_that_came_by_a_proxy_is_told(
    way: Way, status: int, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    before = count()
    client = Client(REMOTE_ADDR=PROXY)
    with caplog.at_level(logging.WARNING, LOGGER):
        assert way(client, "wrong", {"X-Forwarded-For": CLIENT}) == status
        assert way(client, "wrong", {"X-Forwarded-For": CLIENT}) == status
    assert count() - before == 2
    (line,) = [one for one in caplog.records if one.name == LOGGER]
    assert PROXY in line.getMessage()
    assert "TRUSTED_PROXY_COUNT" in line.getMessage()
    # A client may have made it up.
    assert CLIENT not in line.getMessage()


def test_nothing_is_said_of_other_requests(
    cast: Cast, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    before = count()
    client, by = Client(REMOTE_ADDR=PROXY), {"X-Forwarded-For": CLIENT}
    assert by_get(client, "wrong", {}) == 401
    assert by_get(client, cast.ci_secret.reveal(), by) == 200
    assert client.get("/v2/auth", headers=by).status_code == 401
    settings.TRUSTED_PROXY_COUNT = 1
    assert by_get(client, "wrong", by) == 401
    assert count() == before
    assert not [one for one in caplog.records if one.name == LOGGER]


def test_it_is_said_again_after_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    now = 5.0
    noticed = Forwarded(clock=lambda: now)
    meta = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": CLIENT}
    for now, lines in [(5.0, 1), (3604.0, 1), (3605.0, 2), (7204.0, 2)]:  # noqa: B007
        noticed.note_failure(meta)
        assert len(caplog.records) == lines
