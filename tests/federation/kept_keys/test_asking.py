"""Keys are asked for once, however many wait for them, and for so long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from federation import jwks, key_cache
from federation.errors import Code
from federation.fetching import FetchFailed
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.kept_keys.asking import COOLDOWN, FRESH, is_good, key, unavailable
from tests.federation.surroundings import Clock


def wait_until(holds: Callable[[], bool]) -> None:
    """Return when it does; AssertionError if it does not within a second and a half."""
    deadline = time.monotonic() + 1.5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_keys_are_asked_for_once_and_parsed_once(issuer: FakeIssuer) -> None:
    first = key(issuer)
    assert all(key(issuer) is first for _ in range(100))
    assert is_good(issuer)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_another_process_finds_them_in_the_shared_cache(issuer: FakeIssuer) -> None:
    key(issuer)
    jwks.forget_keys()
    assert is_good(issuer)
    assert issuer.total == 2


def test_many_at_once_on_a_cold_start_cause_one_fetch(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(key, issuer) for _ in range(40)]
        threading.Timer(0.3, released.set).start()
        kids = {one.result().kid for one in asked}
    assert kids == {issuer.signer.kid}
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_many_at_once_on_a_cold_start_fail_together(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[DISCOVERY] = Answer(status=500, wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(unavailable, issuer) for _ in range(20)]
        threading.Timer(0.2, released.set).start()
        reasons = {one.result().reason for one in asked}
    assert issuer.total == 1
    assert reasons == {
        "no keys of the issuer; failed: it answered 500; only 200 counts"
    }


def test_more_than_there_is_room_for_wait_for_a_short_time(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[DISCOVERY] = Answer(status=500, wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(unavailable, issuer) for _ in range(20)]
        at_once = 20 - 1 - jwks.MAX_WAITING
        wait_until(lambda: sum(one.done() for one in asked) == at_once)
        began = time.monotonic()
        unavailable(issuer)
        assert time.monotonic() - began < 0.3, "it was asked long enough ago"
        released.set()
    assert all(one.done() for one in asked)
    assert issuer.total == 1


def test_issuers_that_never_answer_leave_known_keys_in_use(
    issuer: FakeIssuer, clock: Clock
) -> None:
    """Who may make trusts can name any number of such issuers."""
    released, places = threading.Event(), jwks.MAX_ASKING_AGAIN
    with ExitStack() as stack, ThreadPoolExecutor(places) as pool:
        dead = [stack.enter_context(FakeIssuer()) for _ in range(places)]
        assert all(is_good(one) for one in (issuer, *dead))
        clock.move(FRESH + 1)
        asked_before = issuer.total
        for silent in dead:
            silent.answers[DISCOVERY] = Answer(status=500, wait=released)
            pool.submit(key, silent)
        wait_until(lambda: all(one.fetches[DISCOVERY] == 2 for one in dead))
        assert is_good(issuer)
        assert issuer.total == asked_before, "nobody had room to ask again"
        released.set()
    assert is_good(issuer)
    assert issuer.total == asked_before + 2


def test_issuers_that_never_answer_leave_room_for_those_with_keys(
    issuer: FakeIssuer, clock: Clock
) -> None:
    released, places = threading.Event(), jwks.MAX_ASKING
    with ExitStack() as stack, ThreadPoolExecutor(places) as pool:
        dead = [stack.enter_context(FakeIssuer()) for _ in range(places)]
        assert is_good(issuer)
        clock.move(COOLDOWN + 1)
        issuer.signer.rotate()
        for silent in dead:
            silent.answers[DISCOVERY] = Answer(status=500, wait=released)
            pool.submit(unavailable, silent)
        wait_until(lambda: all(one.total == 1 for one in dead))
        assert is_good(issuer), "its new key is asked for all the same"
        with FakeIssuer() as new:
            new.signer.kid = "any"
            assert "enough other issuers" in unavailable(new).reason
            assert new.total == 0
        released.set()


def test_an_issuer_that_is_slow_from_the_start_is_left_alone_for_longer(
    issuer: FakeIssuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_: str) -> str:
        raise FetchFailed("it took too long")

    with monkeypatch.context() as dead:
        dead.setattr(jwks, "discover", slow)
        unavailable(issuer)
    clock.move(COOLDOWN + 1)
    assert unavailable(issuer).code is Code.UNAVAILABLE
    assert issuer.total == 0
    clock.move((jwks.SLOW_COOLDOWNS - 1) * COOLDOWN)
    assert is_good(issuer)
    with monkeypatch.context() as dead:
        dead.setattr(jwks, "discover", slow)
        clock.move(FRESH + 1)
        assert is_good(issuer), "with the keys that it gave before"
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)
    assert issuer.total == 4, "one that gave keys is asked again as usual"


def test_a_process_that_died_over_asking_is_not_waited_for(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now() - 7}")
    started = time.monotonic()
    assert "asking" in unavailable(issuer).reason
    assert time.monotonic() - started < 1
    assert issuer.total == 0
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)


def test_waiting_ends_after_its_time(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "WAIT_SECONDS", 0.2)
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now() + 100}")
    assert unavailable(issuer)
    assert issuer.total == 0
