"""What federation counts: exchanges by provider, reasons, and how issuers answer."""

from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from pytest_django.fixtures import Settings

from federation import jwks
from federation.counted import OTHER, PROVIDERS, REASONS, note_reason
from federation.fetching import FetchFailed
from federation.keys import KeySetInvalid
from robots.tallies import SUM, Counts, tallies
from tests.conftest import Cast
from tests.federation.exchanges import GET_URL, POST_URL, Exchange
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer
from tests.registryauth.endpoint import basic
from tests.registryauth.outages import database_away

GITHUB = "https://token.actions.githubusercontent.com"


def counted(before: Counts) -> Counts:
    """What was counted since, without how long it took."""
    return {
        key: number - before.get(key, 0)
        for key, number in tallies.totals().items()
        if number != before.get(key, 0) and not str(key[0]).endswith("_seconds")
    }


@pytest.mark.parametrize("way", ["get", "post"])
def test_an_exchange_is_counted_by_its_provider(
    way: str, cast: Cast, exchange: Exchange, trusting: TrustBuilder
) -> None:
    signer = Signer(GITHUB)
    trusting(issuer=GITHUB, keys=signer.jwks())
    before = tallies.totals()
    response = getattr(exchange, way)(signer.token())
    assert response.status_code == 200
    assert counted(before) == {("exchanges", "github", "granted"): 1}
    durations = {
        key: number - before.get(key, 0)
        for key, number in tallies.totals().items()
        if key[:2] == ("exchange_duration_seconds", "granted") and key[2] != SUM
    }
    assert sum(durations.values()) == 1


def test_a_refusal_is_counted_by_the_check_that_failed(
    cast: Cast, exchange: Exchange, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(subject="repo:acme/other:ref:refs/heads/main")
    before = tallies.totals()
    assert exchange.get(signer.token()).status_code == 401
    assert counted(before) == {
        ("exchanges", "github", "refused"): 1,
        ("exchange_refusals", "subject"): 1,
    }


def test_whoever_is_not_trusted_names_no_provider(
    cast: Cast, exchange: Exchange, trusting: TrustBuilder
) -> None:
    """The token says GitHub; no trust does."""
    trusting()
    before = tallies.totals()
    assert exchange.get(Signer(GITHUB).token()).status_code == 401
    assert counted(before) == {
        ("exchanges", "unknown", "refused"): 1,
        ("exchange_refusals", "issuer"): 1,
    }


def test_requests_that_are_no_exchange_are_counted(cast: Cast, client: Client) -> None:
    before = tallies.totals()
    assert client.get(GET_URL).status_code == 401
    assert client.post(POST_URL, {"grant_type": "password"}).status_code == 400
    assert (
        client.post(POST_URL, b"{", content_type="application/json").status_code == 400
    )
    assert counted(before) == {
        ("exchanges", "unknown", "refused"): 3,
        ("exchange_refusals", "invalid_request"): 3,
    }


def test_an_outage_is_no_refusal(
    cast: Cast, exchange: Exchange, signer: Signer, tmp_path: Path
) -> None:
    before = tallies.totals()
    with database_away(tmp_path):
        assert exchange.get(signer.token()).status_code == 503
    assert counted(before) == {
        ("exchanges", "unknown", "unavailable"): 1,
        ("exchange_refusals", "database"): 1,
    }


@pytest.mark.parametrize("way", ["get", "post"])
def test_who_has_to_wait_is_counted_as_throttled(
    way: str, cast: Cast, exchange: Exchange, signer: Signer, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 2
    ask = getattr(exchange, way)
    refused = {"get": 401, "post": 400}[way]
    assert {ask(signer.token()).status_code for _ in range(2)} == {refused}
    before = tallies.totals()
    assert ask(signer.token()).status_code == 429
    assert counted(before) == {
        ("exchanges", "unknown", "throttled"): 1,
        ("exchange_refusals", "throttled"): 1,
    }


def test_a_refusal_that_is_told_to_nobody_is_counted_once(
    cast: Cast, exchange: Exchange, signer: Signer, settings: Settings
) -> None:
    """Of an address that waits each token is looked at, as it may be a right one."""
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = 2
    for robot in ("acme+a", "acme+b"):
        assert exchange.get(signer.token(), robot).status_code == 401
    before = tallies.totals()
    assert exchange.get(signer.token()).status_code == 429
    assert counted(before) == {
        ("exchanges", "unknown", "throttled"): 1,
        ("exchange_refusals", "throttled"): 1,
    }


def test_a_fault_of_our_own_is_no_outage(
    cast: Cast, exchange: Exchange, signer: Signer
) -> None:
    def refuse(*_: Any) -> None:
        raise ProgrammingError("no such column")

    before = tallies.totals()
    with connection.execute_wrapper(refuse), pytest.raises(ProgrammingError):
        exchange.get(signer.token())
    assert counted(before) == {}


@pytest.mark.parametrize("robot", ["", "a+b", "+", "acme+ci\n", "é" * 300])
@pytest.mark.parametrize("token", ["", "eyJ.e30.x", "x" * 9000, "eyJ" + "\x00"])
def test_no_input_makes_a_series(
    robot: str, token: str, cast: Cast, client: Client
) -> None:
    client.get(GET_URL, headers={"Authorization": basic(robot, token)})
    client.post(POST_URL, {"audience": robot, "subject_token": token})
    keys = tallies.totals()
    assert {key[1] for key in keys if key[0] == "exchanges"} <= set(PROVIDERS)
    assert {key[1] for key in keys if key[0] == "exchange_refusals"} <= set(REASONS)


def test_a_reason_that_nobody_listed_is_another() -> None:
    before = tallies.totals()
    note_reason("acme+ci")
    assert counted(before) == {("exchange_refusals", OTHER): 1}


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (None, "fetched"),
        (KeySetInvalid("no keys"), "invalid"),
        (FetchFailed("it answered 500"), "failed"),
    ],
    ids=["fetched", "invalid", "failed"],
)
def test_asking_an_issuer_is_counted_by_how_it_ends(
    outcome: Exception | None,
    result: str,
    signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The issuer alone is played: tests/federation/kept_keys asks real ones."""

    def discover(issuer: str) -> str:
        if outcome is not None:
            raise outcome
        return signer.jwks()

    monkeypatch.setattr(jwks, "discover", discover)
    before = tallies.totals()
    jwks._refresh("https://issuer.example")
    assert counted(before) == {("jwks_fetches", result): 1}
