"""Keys are fresh, then old, then void."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from federation import jwks, key_cache
from tests.federation.issuer import KEYS, Answer, FakeIssuer
from tests.federation.kept_keys.asking import (
    FRESH,
    MAX,
    is_good,
    key,
    refusal,
    unavailable,
)
from tests.federation.surroundings import Clock


def test_fresh_keys_are_not_asked_for(issuer: FakeIssuer, clock: Clock) -> None:
    key(issuer)
    clock.move(FRESH - 5)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 1


def test_keys_that_are_no_longer_fresh_are_asked_for(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(FRESH + 1)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 2
    clock.move(FRESH - 5)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 2


def test_a_key_that_the_issuer_withdrew_is_gone_when_fresh_ends(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.signer.rotate()
    assert key(issuer, "key-1")
    clock.move(FRESH + 1)
    assert refusal(issuer, "key-1").check == "keys"
    assert is_good(issuer)


def test_while_one_renews_the_others_go_on(issuer: FakeIssuer, clock: Clock) -> None:
    key(issuer)
    clock.move(FRESH + 1)
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(key, issuer)
        while issuer.fetches[KEYS] < 2:
            pass
        assert all(is_good(issuer) for _ in range(20))
        assert not renewing.done()
        released.set()
    assert issuer.fetches[KEYS] == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(drop=True),
        Answer('{"keys": []}'),
        Answer("no JSON"),
        Answer("x" * 100_000),
        Answer('{"keys": []}', content_type="text/html"),
    ],
    ids=["503", "hangs up", "empty", "broken", "huge", "HTML"],
)
def test_old_keys_serve_on_until_they_are_void(
    answer: Answer, issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.answers[KEYS] = answer
    for _ in range(3):
        clock.move(FRESH + 1)
        assert is_good(issuer)
    assert issuer.fetches[KEYS] == 4
    clock.move(MAX)
    assert unavailable(issuer)
    assert issuer.fetches[KEYS] == 5


def test_void_keys_count_for_nothing_though_a_cache_kept_them(
    issuer: FakeIssuer, clock: Clock, settings: Settings
) -> None:
    key(issuer)
    issuer.fail()
    settings.FEDERATION_KEYS_MAX_SECONDS = 1000
    clock.move(999)
    assert is_good(issuer)
    clock.move(1)
    assert unavailable(issuer)


def test_keys_from_the_future_are_asked_for_again(
    issuer: FakeIssuer, clock: Clock
) -> None:
    clock.move(10 * 365 * 24 * 3600)
    key(issuer)
    clock.move(-10 * 365 * 24 * 3600)
    cached = key_cache.load(issuer.url)
    assert cached
    cache.clear()
    jwks.forget_keys()
    key_cache.keep(issuer.url, cached)
    assert is_good(issuer)
    assert issuer.fetches[KEYS] == 2
