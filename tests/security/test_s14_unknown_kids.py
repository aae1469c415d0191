"""S-14: random kids cause no flood of requests, and cost nobody the keys at hand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Refused
from tests.federation.issuer import DISCOVERY, KEYS, FakeIssuer
from tests.federation.surroundings import Clock

COOLDOWN = 60


@pytest.fixture
def issuer(settings: Settings) -> Iterator[FakeIssuer]:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = COOLDOWN
    settings.FEDERATION_KEYS_FRESH_SECONDS = 600
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def flood(issuer: FakeIssuer, count: int, name: str = "stranger") -> None:
    for number in range(count):
        with pytest.raises(Refused):
            jwks.signing_key(issuer.url, f"{name}-{number}")


def test_s14_a_thousand_unknown_kids_cause_one_fetch_per_cool_down(
    issuer: FakeIssuer, clock: Clock
) -> None:
    known = jwks.signing_key(issuer.url, issuer.signer.kid)
    flood(issuer, 1000)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    for round_number in (2, 3):
        clock.move(COOLDOWN + 1)
        flood(issuer, 1000, f"stranger-{round_number}")
        assert issuer.fetches == {DISCOVERY: round_number, KEYS: round_number}
    assert jwks.signing_key(issuer.url, issuer.signer.kid) == known


def test_s14_nor_do_a_thousand_at_once(issuer: FakeIssuer, clock: Clock) -> None:
    jwks.signing_key(issuer.url, issuer.signer.kid)
    clock.move(COOLDOWN + 1)
    with ThreadPoolExecutor(20) as pool:
        names = [f"thread-{number}" for number in range(20)]
        list(pool.map(lambda name: flood(issuer, 50, name), names))
    assert issuer.fetches == {DISCOVERY: 2, KEYS: 2}


def test_s14_nor_before_any_key_is_known(issuer: FakeIssuer) -> None:
    flood(issuer, 1000)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    assert jwks.signing_key(issuer.url, issuer.signer.kid)


def test_s14_known_keys_verify_while_the_issuer_is_down(
    issuer: FakeIssuer, clock: Clock
) -> None:
    known = jwks.signing_key(issuer.url, issuer.signer.kid)
    issuer.fail()
    clock.move(COOLDOWN + 1)
    flood(issuer, 1000)
    assert issuer.fetches == {DISCOVERY: 2, KEYS: 1}
    for _ in range(100):
        assert jwks.signing_key(issuer.url, issuer.signer.kid) == known
    clock.move(601)
    assert jwks.signing_key(issuer.url, issuer.signer.kid) == known


def test_s14_known_keys_verify_while_nobody_listens(
    issuer: FakeIssuer, clock: Clock
) -> None:
    known = jwks.signing_key(issuer.url, issuer.signer.kid)
    issuer.stop()
    for _ in range(5):
        clock.move(601)
        flood(issuer, 10)
        assert jwks.signing_key(issuer.url, issuer.signer.kid) == known
    issuer.start()
    issuer.signer.rotate()
    clock.move(COOLDOWN + 1)
    assert jwks.signing_key(issuer.url, issuer.signer.kid).kid == "key-2"


def test_s14_a_flood_at_one_issuer_costs_another_nothing(
    issuer: FakeIssuer, clock: Clock
) -> None:
    with FakeIssuer() as other:
        flood(issuer, 100)
        assert jwks.signing_key(other.url, other.signer.kid)
        clock.move(COOLDOWN + 1)
        other.signer.rotate()
        flood(issuer, 100)
        assert jwks.signing_key(other.url, other.signer.kid).kid == "key-2"
