"""Keys in a Redis that processes share, and that may die or hang."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings

from federation import jwks, key_cache
from federation.errors import Refused
from tests import programs
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.surroundings import Clock

_ASKS = (
    "import sys, django; django.setup(); from federation import jwks;"
    " print(jwks.signing_key(*sys.argv[1:]).kid)"
)


class Redis:
    """A Redis of the test's own, which holds nothing after it."""

    def __init__(self, folder: Path) -> None:
        program = programs.find("redis-server")
        assert program is not None, "redis-server is not installed"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1",
            "--save", "", "--dir", str(folder),
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Redis]:
    """Django's default cache, in use here."""
    running = Redis(tmp_path)
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": running.url,
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }
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
    monkeypatch.setattr(key_cache, "RETRY_SECONDS", 0.0)
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
