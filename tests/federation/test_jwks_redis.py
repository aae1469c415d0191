"""Keys in a Redis that processes share, and that may die or hang."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Refused
from robots import shared_cache
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.signer import Signer
from tests.federation.surroundings import Clock
from tests.redis_server import Redis, redis_cache

_ASKS = (
    "import sys, django; django.setup(); from federation import jwks;"
    " print(jwks.signing_key(*sys.argv[1:]).kid)"
)


@pytest.fixture
def redis(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Redis]:
    """Django's default cache, in use here."""
    running = Redis(tmp_path)
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.CACHES = redis_cache(running.url, "robots.redis_cache.CountingRedisCache")
    yield running
    running.stop()
    caches.close_all()
    jwks.forget_keys()


@pytest.fixture
def issuer(redis: Redis) -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


def asking_process(issuer: FakeIssuer, redis: Redis) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quaysite.settings",
        "CACHE_URL": redis.url,
        "FEDERATION_ALLOW_LOOPBACK_HTTP": "true",
    }
    return subprocess.Popen(
        [sys.executable, "-c", _ASKS, issuer.url, issuer.signer.kid],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def kid(issuer: FakeIssuer) -> str:
    return jwks.signing_key(issuer.url, issuer.signer.kid).kid


def test_of_many_processes_one_asks_the_issuer(
    redis: Redis, issuer: FakeIssuer
) -> None:
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    processes = [asking_process(issuer, redis) for _ in range(3)]
    while not issuer.fetches[KEYS]:
        time.sleep(0.02)
    # Time for the others to start, and to wait for the one who asks.
    threading.Timer(1, released.set).start()
    answers = [process.communicate(timeout=30)[0].strip() for process in processes]
    assert answers == [issuer.signer.kid] * 3
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_this_process_uses_what_another_one_found(
    redis: Redis, issuer: FakeIssuer
) -> None:
    asking_process(issuer, redis).communicate(timeout=30)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    assert kid(issuer) == issuer.signer.kid
    with pytest.raises(Refused) as caught:
        jwks.signing_key(issuer.url, "stranger")
    assert caught.value.check == "keys"
    assert issuer.total == 2


def test_keys_that_an_intruder_puts_there_are_not_used(
    redis: Redis, issuer: FakeIssuer
) -> None:
    """Neither plain, nor with the signature of the entry that was there."""
    assert kid(issuer) == issuer.signer.kid
    stranger = Signer()
    stranger.rotate()
    (name,) = caches["default"]._cache.get_client().keys("*federation:keys*")  # type: ignore[attr-defined]
    key = name.decode().split(":", 2)[2]
    genuine: str = caches["default"].get(key)
    mac, _, text = genuine.partition(" ")
    record = {**json.loads(text), "keys": stranger.jwks()}
    for forged in (json.dumps(record), f"{mac} {json.dumps(record)}"):
        caches["default"].set(key, forged)
        with pytest.raises(Refused):
            jwks.signing_key(issuer.url, stranger.kid)
        assert kid(issuer) == issuer.signer.kid
    jwks.forget_keys()
    with pytest.raises(Refused):
        jwks.signing_key(issuer.url, stranger.kid)


def test_a_redis_that_dies_stops_no_login_and_causes_no_fetch(
    redis: Redis, issuer: FakeIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    kid(issuer)
    redis.stop()
    for _ in range(50):
        assert kid(issuer) == issuer.signer.kid
    assert issuer.total == 2
    warnings = [line for line in caplog.messages if "shared cache is down" in line]
    assert len(warnings) == 1


def test_without_redis_the_cool_down_holds_within_the_process(
    redis: Redis, issuer: FakeIssuer
) -> None:
    redis.stop()
    for number in range(100):
        with pytest.raises(Refused):
            jwks.signing_key(issuer.url, f"stranger-{number}")
    assert kid(issuer) == issuer.signer.kid
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_a_redis_that_hangs_is_waited_for_once(
    redis: Redis, issuer: FakeIssuer
) -> None:
    kid(issuer)
    redis.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    for _ in range(50):
        assert kid(issuer) == issuer.signer.kid
    took = time.monotonic() - started
    redis.process.send_signal(signal.SIGCONT)
    assert took < 2.5
    assert issuer.total == 2


def test_a_redis_that_comes_back_is_used_again(
    redis: Redis, issuer: FakeIssuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_cache, "RETRY_SECONDS", 0.0)
    redis.stop()
    kid(issuer)
    redis.start()
    clock.move(601)
    kid(issuer)
    assert issuer.fetches[KEYS] == 2
    jwks.forget_keys()
    assert kid(issuer) == issuer.signer.kid
    assert issuer.fetches[KEYS] == 2


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
