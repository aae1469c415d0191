"""What is kept in the cache, and what is believed of it."""

import json
import threading

import pytest
from django.core.cache import cache

from federation import jwks, key_cache
from tests.federation.issuer import KEYS, FakeIssuer
from tests.federation.kept_keys.asking import (
    COOLDOWN,
    is_good,
    key,
    refusal,
    unavailable,
)
from tests.federation.surroundings import Clock


def corrupted(issuer: FakeIssuer, change: str) -> None:
    """Put something else where the keys are kept, in the cache and in the copy."""
    record = json.loads(key_cache.load(issuer.url) or "")
    changes = {
        "no JSON": "x",
        "no object": "[]",
        "null": "null",
        "empty": "{}",
        "deep": "[" * 100_000,
        "of another issuer": json.dumps(record | {"issuer": "https://other.example"}),
        "no time": json.dumps(record | {"fetched_at": "x"}),
        "null time": json.dumps(record | {"fetched_at": None}),
        "no keys": json.dumps(record | {"keys": "{}"}),
        "keys are a list": json.dumps(record | {"keys": [1]}),
        "keys are a number": json.dumps(record | {"keys": 1}),
    }
    key_cache.keep(issuer.url, changes[change])


@pytest.mark.parametrize(
    "change",
    [
        "no JSON",
        "no object",
        "null",
        "empty",
        "deep",
        "of another issuer",
        "no time",
        "null time",
        "no keys",
        "keys are a list",
        "keys are a number",
    ],
)
def test_a_cache_entry_that_makes_no_sense_is_as_good_as_none(
    change: str, issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    corrupted(issuer, change)
    assert unavailable(issuer)
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)


def test_what_is_kept_is_text(issuer: FakeIssuer) -> None:
    key(issuer)
    digests = [name for name in cache._cache if "federation:keys" in name]  # type: ignore[attr-defined]
    (name,) = digests
    kept = cache.get(name.split(":", 2)[2])
    assert json.loads(kept.partition(" ")[2])["keys"] == issuer.signer.jwks()
    assert issuer.url not in name


def test_an_entry_that_is_no_text_is_not_used(issuer: FakeIssuer) -> None:
    key(issuer)
    (name,) = [name for name in cache._cache if "federation:keys" in name]  # type: ignore[attr-defined]
    cache.set(name.split(":", 2)[2], {"a": 1})
    assert is_good(issuer)
    assert issuer.total == 2


def test_a_cache_that_was_emptied_asks_nobody(issuer: FakeIssuer) -> None:
    key(issuer)
    cache.clear()
    assert is_good(issuer)
    assert issuer.total == 2


def test_when_another_process_asks_this_one_waits_for_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    # The other process's claim is in the shared cache, and not among the copies here.
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now()}")
    key_cache.forget()
    threading.Timer(0.2, key_cache.settle, [issuer.url, jwks._DONE]).start()
    assert refusal(issuer, "stranger").check == "keys"
    assert issuer.fetches[KEYS] == 1
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    assert is_good(issuer)


def test_a_process_keeps_a_copy_of_what_another_one_found(issuer: FakeIssuer) -> None:
    key(issuer)
    jwks.forget_keys()
    key(issuer)
    cache.clear()
    assert is_good(issuer)
    assert issuer.total == 2


def test_a_process_that_came_second_may_ask_when_the_first_ones_time_is_over(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now()}")
    key_cache.forget()
    clock.move(COOLDOWN - 10)
    assert unavailable(issuer)
    clock.move(15)
    assert is_good(issuer)
