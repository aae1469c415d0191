"""When robots and tokens were last used: collected in memory, written seldom.

The token endpoint must not write, so each process keeps the latest use of each
token and a thread of it writes them together every USAGE_FLUSH_SECONDS. A process
that is killed loses what it had not written yet: at most that many seconds.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connections
from django.db.models import Model

from robots import conf
from robots.batches import pieces
from robots.identity import Identity, Kind
from robots.last_use_rows import write
from robots.models import AppToken, Robot, RobotToken
from robots.outage import OUTAGES

logger = logging.getLogger(__name__)

_BATCH = 1_000
"""Rows of one statement: SQLite's one writer is soon free again for requests."""


class Usage:
    """The uses of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._uses: dict[type[Model], dict[int, datetime]] = {}
        self._also: list[Callable[[], None]] = []
        self.forget_thread()

    def also_flush(self, deed: Callable[[], None]) -> None:
        """Let `deed` write what somebody else collects, with each flush."""
        self._also.append(deed)

    def wake(self) -> None:
        """See that there is a thread that flushes. Called with each request."""
        if not self._has_thread:
            self._start()

    def hurry(self) -> None:
        """Have the thread flush now: so much waits that it takes up memory."""
        self._hurried.set()

    def forget_thread(self) -> None:
        """In a process just forked: its parent's threads did not come along.

        What they held is locked there for ever, so the locks are new.
        """
        self._has_thread = False
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._hurried = threading.Event()

    def note(self, identity: Identity, now: datetime) -> None:
        """Remember that a robot or an app-specific token was used; else nothing."""
        if identity.id is None:
            return
        token, is_robot = identity.credential_id, identity.kind is Kind.ROBOT
        if token is None and not is_robot:
            return
        with self._lock:
            if is_robot:
                self._uses.setdefault(Robot, {})[identity.id] = now
            if token is not None:
                model = RobotToken if is_robot else AppToken
                self._uses.setdefault(model, {})[token] = now
        self.wake()

    def note_row(self, model: type[Model], pk: int, now: datetime) -> None:
        """Remember the use of any other row that has a `last_used_at`."""
        with self._lock:
            self._uses.setdefault(model, {})[pk] = now
        self.wake()

    def waiting(self) -> int:
        """How many uses are not written yet."""
        with self._lock:
            return sum(map(len, self._uses.values()))

    def flush(self) -> None:
        """Write what was noted. If that fails it is kept for the next time.

        Waits for a flush of another thread: the process may end after this one.
        """
        with self._flushing:
            self._flush_uses()
            for deed in self._also:
                _attempt(deed)

    def _flush_uses(self) -> None:
        with self._lock:
            uses, self._uses = self._uses, {}
        try:
            for model in sorted(uses, key=lambda model: model._meta.label):
                _write(model, uses[model])
        except OUTAGES as error:
            logger.warning("last uses not written: %s", type(error).__name__)
            with self._lock:
                for model, kept in uses.items():
                    self._uses[model] = {**kept, **self._uses.get(model, {})}

    def _start(self) -> None:
        """Start the thread at the first use: before a fork it would not survive."""
        interval = conf.usage_flush_seconds()
        if interval <= 0:
            return
        with self._lock:
            if self._has_thread:
                return
            self._has_thread = True
        thread = threading.Thread(
            target=self._run, args=(interval,), name="usage", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            logger.warning("no thread for last uses: %s", error)
            self._has_thread = False
            return
        atexit.register(self.flush)

    def _run(self, interval: int) -> None:
        try:
            while True:
                self._hurried.wait(interval)
                self._hurried.clear()
                self.flush()
                connections.close_all()
        finally:
            # Whatever ended it: the next use starts another.
            self._has_thread = False


def _attempt(deed: Callable[[], None]) -> None:
    """What one of them was not ready for must not keep the others from writing."""
    try:
        deed()
    except Exception:
        logger.exception("a part of a flush failed")


def _write(model: type[Model], uses: dict[int, datetime]) -> None:
    """Each batch a statement and transaction of its own; leaves what is not written.

    In one order everywhere, so that processes seldom wait for each other.
    """
    for batch in pieces(sorted(uses), _BATCH):
        write(model, {pk: uses[pk] for pk in batch})
        for pk in batch:
            del uses[pk]


usage = Usage()
"""This process's uses."""

os.register_at_fork(after_in_child=usage.forget_thread)
