"""Deeds that take turns, held up until a test lets them go on."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from robots.password_hashing import Turns

SECONDS = 10


class Gate:
    """Deeds that go on until the gate is opened, and how many did so at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._begun = threading.Semaphore(0)
        self._now = 0
        self.most = 0

    def pass_through(self) -> str:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._begun.release()
        assert self._open.wait(SECONDS)
        with self._lock:
            self._now -= 1
        return "done"

    def wait_for_one(self) -> None:
        assert self._begun.acquire(timeout=SECONDS)

    def open(self) -> None:
        self._open.set()


def until(state: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(SECONDS * 100):
        if state():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that")


def waiting(turns: Turns) -> int:
    return len(turns._line)


def refused(tries: list[Future[str]]) -> list[Future[str]]:
    return [one for one in tries if one.done() and one.exception()]
