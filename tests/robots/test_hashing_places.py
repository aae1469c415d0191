"""Who is next: in the order of coming, and one address never takes every place."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import pytest
from pytest_django.fixtures import Settings

from robots import password_hashing
from robots.password_hashing import HashingBusy, Turns
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


def test_first_come_first_served(
    gate: Gate,
    pool: ThreadPoolExecutor,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who has just been served and comes again is behind everybody who waits."""
    settings.PASSWORD_HASHES_WAITING = 4
    monkeypatch.setattr(password_hashing, "PATIENCE", SECONDS)
    turns, served = Turns(), list[str]()

    def twice() -> None:
        turns.take(gate.pass_through)
        turns.take(lambda: served.append("again"))

    tries: list[Future[None]] = [pool.submit(twice)]
    gate.wait_for_one()
    for number in range(3):
        tries.append(pool.submit(turns.take, partial(served.append, str(number))))
        until(lambda: waiting(turns) == len(tries) - 1)
    gate.open()
    for one in tries:
        one.result(SECONDS)
    assert served == ["0", "1", "2", "again"]


@pytest.mark.parametrize(
    ("at_once", "may_wait", "places"), [(1, 0, 1), (1, 1, 1), (1, 2, 2), (2, 5, 4)]
)
def test_one_address_has_so_many_places(
    at_once: int, may_wait: int, places: int, settings: Settings
) -> None:
    settings.PASSWORD_HASHES_AT_ONCE = at_once
    settings.PASSWORD_HASHES_WAITING = may_wait
    turns = Turns()
    for _ in range(2):
        with ExitStack() as held:
            for _ in range(places):
                held.enter_context(turns.place("203.0.113.7"))
            with pytest.raises(HashingBusy), turns.place("203.0.113.7"):
                pass
            for another in ("203.0.113.8", "2001:db8::7", None):
                held.enter_context(turns.place(another))
    with pytest.raises(ZeroDivisionError), turns.place("203.0.113.7"):
        1 // 0  # noqa: B018
    assert not turns._places


@pytest.mark.parametrize(
    ("one", "another", "is_one_client"),
    [
        ("2001:db8:0:1::7", "2001:db8:0:1:ffff::8", True),
        ("2001:db8:0:1::7", "2001:db8:0:2::7", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
    ],
)
def test_one_client_has_a_whole_network_of_ipv6(
    one: str, another: str, is_one_client: bool, settings: Settings
) -> None:
    settings.PASSWORD_HASHES_WAITING = 0
    turns = Turns()
    with turns.place(one):
        try:
            with turns.place(another):
                assert not is_one_client
        except HashingBusy:
            assert is_one_client


def test_all_without_an_address_share_the_places_of_one(settings: Settings) -> None:
    """A client behind a proxy can hide its address, and would have every place."""
    settings.PASSWORD_HASHES_WAITING = 0
    turns = Turns()
    with turns.place(None), pytest.raises(HashingBusy), turns.place(None):
        pass
    with turns.place(None):
        pass
    assert not turns._places


class SlowLog(logging.Handler):
    """A log that takes its time: until others had a turn and a place, or gave up."""

    def __init__(self, turns: Turns, pool: ThreadPoolExecutor) -> None:
        super().__init__()
        self._turns, self._pool = turns, pool
        self.served: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        other = self._pool.submit(self._sign_in)
        with suppress(TimeoutError):
            self.served.append(other.result(2))

    def _sign_in(self) -> str:
        with self._turns.place("203.0.113.8"):
            return self._turns.take(lambda: "done")


@pytest.fixture
def log(pool: ThreadPoolExecutor) -> Iterator[SlowLog]:
    log = SlowLog(Turns(), pool)
    level = password_hashing.logger.level
    password_hashing.logger.setLevel(logging.INFO)
    password_hashing.logger.addHandler(log)
    yield log
    password_hashing.logger.removeHandler(log)
    password_hashing.logger.setLevel(level)


def test_nobody_waits_for_the_log(log: SlowLog, settings: Settings) -> None:
    """Of whoever is sent away; a full disk would stop every sign-in."""
    settings.PASSWORD_HASHES_WAITING = 1
    turns = log._turns
    with (
        turns.place("203.0.113.7"),
        pytest.raises(HashingBusy),
        turns.place("203.0.113.7"),
    ):
        pass
    assert log.served == ["done"]


def test_nobody_waits_for_the_log_of_a_full_line(
    log: SlowLog, settings: Settings, gate: Gate, pool: ThreadPoolExecutor
) -> None:
    settings.PASSWORD_HASHES_WAITING = 0
    turns = log._turns
    first = pool.submit(turns.take, gate.pass_through)
    gate.wait_for_one()

    def open_up(record: logging.LogRecord) -> None:
        gate.open()
        with suppress(TimeoutError):
            log.served.append(first.result(2))

    log.emit = open_up  # type: ignore[method-assign]
    with pytest.raises(HashingBusy):
        turns.take(lambda: "too many")
    assert log.served == ["done"]


def test_one_address_keeps_nobody_else_from_signing_in(
    gate: Gate,
    pool: ThreadPoolExecutor,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.PASSWORD_HASHES_WAITING = 2
    monkeypatch.setattr(password_hashing, "PATIENCE", SECONDS)
    turns = Turns()

    def sign_in(address: str) -> str:
        with turns.place(address):
            return turns.take(gate.pass_through)

    many = [pool.submit(sign_in, "203.0.113.7") for _ in range(8)]
    until(lambda: len(refused(many)) == 6)
    person = pool.submit(sign_in, "203.0.113.8")
    until(lambda: waiting(turns) == 2)
    gate.open()
    assert person.result(SECONDS) == "done"
