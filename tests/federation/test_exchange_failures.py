"""Tokens that earn nothing, shown again and again: 429 at both ways to exchange."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from federation.models import Trust
from robots.credentials import Secret
from tests.clock import WINDOW, StandingClock, standing_clock
from tests.conftest import Cast
from tests.federation.exchanges import Exchange, minted
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
TEXT = "Too many failed logins. Try again in 290 seconds."


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    return standing_clock(monkeypatch)


def at(address: str) -> Exchange:
    return Exchange(Client(REMOTE_ADDR=address))


def test_the_pair_waits_at_both_and_at_the_login(
    trust: Trust, cast: Cast, signer: Signer, clock: StandingClock
) -> None:
    stranger = signer.token(sub="somebody else")
    for _ in range(5):
        assert at(HERE).get(stranger).status_code == 401
        assert at(HERE).post(stranger).status_code == 400
    right = signer.token()
    by_get, by_post = at(HERE).get(right), at(HERE).post(right)
    assert by_get.status_code == by_post.status_code == 429
    assert by_get["Retry-After"] == by_post["Retry-After"] == "290"
    assert by_get["Cache-Control"] == "no-store"
    error = "temporarily_unavailable"
    assert by_get.json() == {"error": error, "message": TEXT}
    assert by_post.json() == {"error": error, "error_description": TEXT}
    login = basic("acme+ci", cast.ci_secret)
    here, elsewhere = (
        Endpoint(Client(REMOTE_ADDR=address)) for address in (HERE, ELSEWHERE)
    )
    assert here.get(login=login).status_code == 429
    assert minted() == 0
    assert elsewhere.get(login=login).status_code == 200
    assert at(ELSEWHERE).get(right).status_code == 200
    clock.move(WINDOW)
    assert at(HERE).post(right).status_code == 200
    assert minted() == 2


@pytest.mark.parametrize("robot", ["acme+ci", "acme+nosuch", "nosuch+ci", "+"])
def test_whether_a_robot_exists_is_not_told(
    robot: str, trust: Trust, signer: Signer
) -> None:
    for token in (Secret("no token"), signer.token(sub="somebody else")):
        told = [at(HERE).get(token, robot).status_code for _ in range(6)]
    assert told == [401] * 4 + [429] * 2


def test_what_no_token_could_mend_is_no_guess(
    trust: Trust, cast: Cast, signer: Signer, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert {at(HERE).get(signer.token()).status_code for _ in range(12)} == {401}
    settings.ROBOTS_DISALLOW = False
    assert at(HERE).get(signer.token()).status_code == 200


def test_a_token_that_was_used_already_is_no_guess(
    trust: Trust, cast: Cast, signer: Signer, settings: Settings
) -> None:
    """A job that sends its token twenty times stops no other behind its address."""
    settings.FEDERATION_SINGLE_USE = True
    used = signer.token()
    assert at(HERE).get(used).status_code == 200
    assert {at(HERE).get(used).status_code for _ in range(20)} == {401}
    assert at(HERE).get(signer.token()).status_code == 200
    assert minted() == 2
