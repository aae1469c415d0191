"""The faults: how each begins and ends."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial

from benchmarks import processes
from benchmarks.faults import log_disk
from benchmarks.faults.clock import shifted
from benchmarks.faults.sites import FORGETFUL, PLAIN, SHIFTED
from benchmarks.faults.stage import Stage

Happening = Callable[[Stage], AbstractContextManager[None]]

_LOG_SECONDS = 3
"""By how much the last line of a log that goes on may be older than now."""


@dataclass(frozen=True)
class Fault:
    """`happening` begins as it is entered, and ends after so many `seconds`.

    `afterwards` says what is amiss beside the answers, once all was to be well again.
    `site` is the server that it happens to (`benchmarks.faults.sites`).
    """

    key: str
    title: str
    happening: Happening
    seconds: float = 10
    site: str = PLAIN
    of_log_disk: bool = False
    afterwards: Callable[[Stage], Sequence[str]] = field(default=lambda stage: ())


@contextmanager
def _worker_killed(stage: Stage) -> Iterator[None]:
    os.kill(workers(stage)[0], signal.SIGKILL)
    yield


def workers(stage: Stage) -> list[int]:
    """The processes that answer, the largest first; helpers of theirs are small."""
    started = processes.family(stage.site.server_pid)[1:]
    return sorted(started, key=processes.resident_mb, reverse=True)


@contextmanager
def _postgresql_restarted(stage: Stage) -> Iterator[None]:
    """Every connection is cut, and what was not committed is lost."""
    stage.cluster.stop()
    try:
        yield
    finally:
        stage.cluster.start()


@contextmanager
def _postgresql_frozen(stage: Stage) -> Iterator[None]:
    """Connections are taken by the kernel, and nobody answers."""
    first = int((stage.cluster.data / "postmaster.pid").read_text().split()[0])
    # It comes first: then no process is started that would not be stopped.
    os.kill(first, signal.SIGSTOP)
    frozen = processes.family(first)
    try:
        _signal(frozen, signal.SIGSTOP)
        yield
    finally:
        _signal(frozen, signal.SIGCONT)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


@contextmanager
def _redis_stopped(stage: Stage) -> Iterator[None]:
    stage.redis.stop()
    try:
        yield
    finally:
        stage.redis.start()


@contextmanager
def _redis_frozen(stage: Stage) -> Iterator[None]:
    stage.redis.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        stage.redis.process.send_signal(signal.SIGCONT)


@contextmanager
def _issuer_stopped(stage: Stage) -> Iterator[None]:
    stage.issuer.stop()
    try:
        yield
    finally:
        stage.issuer.start()


def _log_disk_full(stage: Stage) -> AbstractContextManager[None]:
    return log_disk.full(stage.site.logs)


def _log_goes_on(stage: Stage) -> Sequence[str]:
    """Nobody writes a log again by itself: it is the server that must try."""
    log = stage.site.logs / f"{stage.site.name}-server.out"
    age = time.time() - log.stat().st_mtime
    return [] if age < _LOG_SECONDS else [f"no line was logged for {age:.0f} s"]


FAULTS = (
    Fault("worker", "kill -9 of a worker", _worker_killed, seconds=0),
    Fault(
        "postgresql",
        "PostgreSQL stopped at once, and started",
        _postgresql_restarted,
        seconds=3,
    ),
    Fault("freeze", "PostgreSQL frozen (SIGSTOP)", _postgresql_frozen),
    Fault("redis", "Redis killed, and started empty", _redis_stopped),
    Fault("redis-freeze", "Redis frozen (SIGSTOP)", _redis_frozen),
    Fault(
        "disk",
        "disk of the log full",
        _log_disk_full,
        of_log_disk=True,
        afterwards=_log_goes_on,
    ),
    Fault("issuer", "issuer stopped", _issuer_stopped),
    Fault(
        "issuer-unknown",
        "issuer stopped, its keys forgotten after 3 s",
        _issuer_stopped,
        site=FORGETFUL,
    ),
    Fault(
        "clock-ahead",
        "the server's clock set 90 s ahead",
        partial(shifted, seconds=90),
        site=SHIFTED,
    ),
    Fault(
        "clock-behind",
        "the server's clock set 90 s back",
        partial(shifted, seconds=-90),
        site=SHIFTED,
    ),
)
