"""Password hashes take turns: so many at once, so many waiting, the rest sent away."""

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from argon2.exceptions import HashingError
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BasePasswordHasher,
    PBKDF2PasswordHasher,
    check_password,
    identify_hasher,
)
from pytest_django.fixtures import Settings

from robots import conf, password_hashing
from robots.password_hashing import (
    NICENESS,
    BoundedArgon2,
    BoundedPBKDF2,
    HashingBusy,
    Turns,
)
from tests.robots.turns import SECONDS, Gate, refused, until, waiting


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.mark.parametrize(("at_once", "may_wait"), [(1, 2), (2, 0), (1, 0), (3, 4)])
def test_so_many_run_so_many_wait_and_the_rest_is_sent_away(
    at_once: int,
    may_wait: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    gate: Gate,
    pool: ThreadPoolExecutor,
) -> None:
    settings.PASSWORD_HASHES_AT_ONCE = at_once
    settings.PASSWORD_HASHES_WAITING = may_wait
    monkeypatch.setattr(password_hashing, "PATIENCE", SECONDS)
    turns, count = Turns(), 12
    tries = [pool.submit(turns.take, gate.pass_through) for _ in range(count)]
    until(lambda: len(refused(tries)) == count - at_once - may_wait)
    assert all(isinstance(one.exception(), HashingBusy) for one in refused(tries))
    for _ in range(at_once):
        gate.wait_for_one()
    gate.open()
    done = [one.result(SECONDS) for one in tries if one not in refused(tries)]
    assert done == ["done"] * (at_once + may_wait)
    assert gate.most == at_once
    assert turns.take(lambda: "later") == "later"


def test_who_waits_for_too_long_is_sent_away(
    gate: Gate, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_hashing, "PATIENCE", 0.05)
    turns = Turns()
    first = pool.submit(turns.take, gate.pass_through)
    gate.wait_for_one()
    with pytest.raises(HashingBusy):
        turns.take(lambda: "too late")
    assert waiting(turns) == 0
    gate.open()
    assert first.result(SECONDS) == "done"


@pytest.mark.parametrize(("value", "at_once"), [(0, 1), (-1, 1), (2, 2)])
def test_there_is_always_a_turn(value: int, at_once: int, settings: Settings) -> None:
    """A site where nobody logs in is not what a zero asks for."""
    settings.PASSWORD_HASHES_AT_ONCE = value
    settings.PASSWORD_HASHES_WAITING = -1
    assert conf.password_hashes_at_once() == at_once
    assert conf.password_hashes_waiting() == 0
    assert Turns().take(lambda: "done") == "done"


def test_a_deed_that_fails_says_so_and_makes_room(settings: Settings) -> None:
    settings.PASSWORD_HASHES_WAITING = 0
    turns = Turns()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            turns.take(lambda: 1 // 0)
    assert turns.take(lambda: "done") == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads")
def test_a_hash_has_a_lower_priority_than_what_asks_for_it() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert Turns().take(niceness) == max(before, NICENESS)
    assert niceness() == before


class QuickArgon2(BoundedArgon2):
    time_cost = 1
    memory_cost = 64


class QuickPBKDF2(BoundedPBKDF2):
    iterations = 10


@pytest.mark.parametrize(
    ("bounded", "plain"),
    [(QuickArgon2(), Argon2PasswordHasher()), (QuickPBKDF2(), PBKDF2PasswordHasher())],
    ids=["argon2", "pbkdf2"],
)
def test_the_hashes_are_those_of_django(
    bounded: BasePasswordHasher, plain: BasePasswordHasher
) -> None:
    hashed = bounded.encode("a password", "salt" * 6)
    assert bounded.algorithm == plain.algorithm
    for hasher in (bounded, plain):
        assert hasher.verify("a password", hashed)
        assert not hasher.verify("A password", hashed)
        assert not hasher.verify("", hashed)
    assert not bounded.must_update(hashed)
    assert plain.must_update(hashed)


@pytest.mark.parametrize("hasher", [QuickArgon2(), QuickPBKDF2()])
def test_every_use_of_a_hasher_takes_a_turn(
    hasher: BasePasswordHasher,
    gate: Gate,
    pool: ThreadPoolExecutor,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed = hasher.encode("a password", "salt" * 6)
    settings.PASSWORD_HASHES_WAITING = 0
    pool.submit(password_hashing.turns.take, gate.pass_through)
    gate.wait_for_one()
    with pytest.raises(HashingBusy):
        hasher.encode("a password", "salt" * 6)
    with pytest.raises(HashingBusy):
        hasher.verify("a password", hashed)
    if isinstance(hasher, QuickPBKDF2):
        monkeypatch.setattr(QuickPBKDF2, "iterations", 20)
        with pytest.raises(HashingBusy):
            hasher.harden_runtime("a password", hashed)
    gate.open()


CORRUPT = [
    "argon2$",
    "argon2$argon2id",
    "argon2$argon2id$v=19$m=64,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA",
    "argon2$argon2id$v=19$m=64,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA$",
    "argon2$argon2id$v=19$m=64,t=1,p=8$?$?",
    "argon2$argon2id$v=19$m=sixty,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g",
    "argon2$argon2x$v=19$m=64,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g",
    "argon2$argon2id$v=19$m=64,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA$h\u00e4sh",
]


@pytest.mark.parametrize("kept", CORRUPT)
def test_no_password_is_right_where_the_kept_hash_cannot_be_read(
    kept: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickArgon2"]
    assert not check_password("a password", kept)
    assert "cannot be read" in caplog.text
    assert "memory" not in caplog.text


CORRUPT_PBKDF2 = [
    "pbkdf2_sha256$",
    "pbkdf2_sha256$10",
    "pbkdf2_sha256$10$salt",
    "pbkdf2_sha256$ten$salt$aGFzaA==",
    "pbkdf2_sha256$10$$aGFzaA==",
]


@pytest.mark.parametrize("kept", CORRUPT_PBKDF2)
def test_nor_where_it_is_an_old_one(
    kept: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PASSWORD_HASHERS = [
        f"{__name__}.QuickArgon2",
        f"{__name__}.QuickPBKDF2",
    ]
    assert not check_password("a password", kept)
    assert "cannot be read" in caplog.text
    hasher = identify_hasher(kept)
    assert isinstance(hasher, QuickPBKDF2)
    assert hasher.must_update(kept) == (kept.count("$") == 3 and "ten" not in kept)
    assert hasher.safe_summary(kept)


def test_what_is_wrong_with_a_hash_itself_is_no_shortage() -> None:
    """Asking again would not help: Argon2 wants a longer salt."""
    with pytest.raises(HashingError):
        QuickArgon2().encode("a password", "salt")


@pytest.mark.parametrize("hasher", [QuickArgon2(), QuickPBKDF2()])
@pytest.mark.parametrize("kept", ["right", "another", *CORRUPT])
def test_a_password_leaves_memory_as_soon_as_it_was_looked_at(
    kept: str, hasher: BasePasswordHasher
) -> None:
    """Also a wrong one, and without a collection of garbage."""
    password = "".join(["right"])
    hashed = kept if kept in CORRUPT else hasher.encode(kept, "salt" * 6)
    gc.collect()
    gc.disable()
    try:
        before = sys.getrefcount(password)
        with suppress(ValueError, AssertionError):
            assert hasher.verify(password, hashed) is (kept == "right")
        until(lambda: sys.getrefcount(password) == before)
    finally:
        gc.enable()


def run(code: str) -> str:
    """What a new process of this checkout prints; with Argon2 as it ships."""
    done = subprocess.run(
        [sys.executable, "-c", f"{_SETTING_UP}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_SETTING_UP = """
import os, resource, threading
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"]
)
django.setup()
from robots.password_hashing import BoundedArgon2, HashingBusy
hasher = BoundedArgon2()
hashed = hasher.encode("a password", "salt" * 6)
"""


def test_where_memory_is_short_a_right_password_is_not_called_wrong() -> None:
    code = """
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 40_000_000,) * 2)
for deed in (lambda: hasher.verify("a password", hashed),
             lambda: hasher.encode("a password", "salt" * 6)):
    try:
        print(deed())
    except HashingBusy as error:
        print("busy")
"""
    assert run(code).split() == ["busy", "busy"]


def test_where_no_thread_can_be_started_nobody_is_called_wrong() -> None:
    code = """
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
threading.stack_size(200_000_000)
resource.setrlimit(resource.RLIMIT_AS, (used + 120_000_000,) * 2)
for _ in range(2):
    try:
        print(hasher.verify("a password", hashed))
    except HashingBusy as error:
        print("busy")
"""
    assert run(code).split() == ["busy", "busy"]


def test_a_process_that_is_forked_hashes_too() -> None:
    code = """
child = os.fork()
right = hasher.verify("a password", hashed)
if child == 0:
    os._exit(0 if right else 1)
print(right, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code) == "True 0"


def test_memory_goes_back_after_each_hash() -> None:
    code = """
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = resident()
for _ in range(5):
    hasher.verify("a password", hashed)
print(resident() - before)
"""
    assert int(run(code)) < 20_000_000
