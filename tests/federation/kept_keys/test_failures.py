"""An issuer without keys to be had: what is done, known and logged of it."""

import pytest
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Code
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.kept_keys.asking import (
    COOLDOWN,
    FRESH,
    MAX,
    is_good,
    key,
    unavailable,
)
from tests.federation.surroundings import Clock


def test_an_issuer_without_usable_keys_is_unavailable(issuer: FakeIssuer) -> None:
    issuer.answers[KEYS] = Answer('{"keys": []}')
    refused = unavailable(issuer)
    assert refused.code is Code.UNAVAILABLE
    assert refused.reason.endswith("none of its keys can verify a token")
    assert jwks.is_unavailable(issuer.url)


def test_a_failure_starts_the_cool_down_too(issuer: FakeIssuer, clock: Clock) -> None:
    issuer.fail()
    for _ in range(50):
        unavailable(issuer)
    assert issuer.fetches == {DISCOVERY: 1}
    clock.move(COOLDOWN - 5)
    issuer.recover()
    unavailable(issuer)
    assert issuer.total == 1
    clock.move(6)
    assert is_good(issuer)


def test_how_an_issuers_keys_stand_is_known_without_asking_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert jwks.standing(issuer.url) is jwks.Standing.UNKNOWN
    key(issuer)
    assert jwks.standing(issuer.url) is jwks.Standing.FRESH
    asked = issuer.total
    clock.move(FRESH + 1)
    assert jwks.standing(issuer.url) is jwks.Standing.OLD
    clock.move(MAX)
    assert jwks.standing(issuer.url) is jwks.Standing.UNKNOWN
    assert issuer.total == asked
    issuer.fail()
    unavailable(issuer)
    assert jwks.standing(issuer.url) is jwks.Standing.UNAVAILABLE


def test_whether_an_issuer_is_unavailable_is_known_without_asking_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert not jwks.is_unavailable(issuer.url)
    assert issuer.total == 0
    issuer.fail()
    unavailable(issuer)
    assert jwks.is_unavailable(issuer.url)
    clock.move(COOLDOWN + 1)
    assert not jwks.is_unavailable(issuer.url)
    assert issuer.total == 1


def test_an_issuer_that_is_down_with_keys_kept_is_available(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.fail()
    clock.move(FRESH + 1)
    assert key(issuer)
    assert issuer.total == 3
    assert not jwks.is_unavailable(issuer.url)


def test_what_failed_is_logged(
    issuer: FakeIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.answers[DISCOVERY] = Answer("canary", content_type="text/html")
    unavailable(issuer)
    assert f"No keys from {issuer.url}: its answer is not JSON" in caplog.text
    assert "canary" not in caplog.text


def test_a_cool_down_of_nothing_is_a_second(
    issuer: FakeIssuer, settings: Settings, clock: Clock
) -> None:
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = 0
    issuer.fail()
    for _ in range(20):
        unavailable(issuer)
    assert issuer.total == 1
