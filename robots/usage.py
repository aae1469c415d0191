"""When robots and tokens were last used: collected in memory, written seldom.

The token endpoint must not write, so each process keeps the latest use of each
token and a thread of it writes them together every USAGE_FLUSH_SECONDS. A process
that is killed loses what it had not written yet: at most that many seconds.
"""

import atexit
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from django.db import connections, transaction

from robots import conf
from robots.identity import Identity, Kind
from robots.models import AppToken, Robot, RobotToken
from robots.outage import OUTAGES

logger = logging.getLogger(__name__)

_Used = TypeVar("_Used", AppToken, Robot, RobotToken)

_BATCH = 500


class Usage:
    """The uses of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[int, datetime] = {}
        self._robots: dict[int, datetime] = {}
        self._app_tokens: dict[int, datetime] = {}
        self._thread: threading.Thread | None = None
        self._also: list[Callable[[], None]] = []

    def also_flush(self, deed: Callable[[], None]) -> None:
        """Let `deed` write what somebody else collects, with each flush."""
        self._also.append(deed)

    def wake(self) -> None:
        """See that there is a thread that flushes."""
        with self._lock:
            self._start()

    def note(self, identity: Identity, now: datetime) -> None:
        """Remember that a robot or an app-specific token was used; else nothing."""
        if identity.id is None:
            return
        token, is_robot = identity.credential_id, identity.kind is Kind.ROBOT
        if token is None and not is_robot:
            return
        with self._lock:
            if is_robot:
                self._robots[identity.id] = now
            if token is not None:
                uses = self._tokens if is_robot else self._app_tokens
                uses[token] = now
            self._start()

    def flush(self) -> None:
        """Write what was noted. If that fails it is kept for the next time."""
        self._flush_uses()
        for deed in self._also:
            deed()

    def _flush_uses(self) -> None:
        with self._lock:
            tokens, self._tokens = self._tokens, {}
            robots, self._robots = self._robots, {}
            app_tokens, self._app_tokens = self._app_tokens, {}
        if not robots and not app_tokens:
            return
        try:
            _write(tokens, robots, app_tokens)
        except OUTAGES as error:
            logger.warning("last uses not written: %s", type(error).__name__)
            with self._lock:
                self._tokens = {**tokens, **self._tokens}
                self._robots = {**robots, **self._robots}
                self._app_tokens = {**app_tokens, **self._app_tokens}

    def _start(self) -> None:
        """Start the thread at the first use: before a fork it would not survive."""
        interval = conf.usage_flush_seconds()
        if interval <= 0 or (self._thread and self._thread.is_alive()):
            return
        self._thread = threading.Thread(
            target=self._run, args=(interval,), name="usage", daemon=True
        )
        self._thread.start()
        atexit.register(self.flush)

    def _run(self, interval: int) -> None:
        pause = threading.Event()
        while not pause.wait(interval):
            self.flush()
            connections.close_all()


def _write(
    tokens: Mapping[int, datetime],
    robots: Mapping[int, datetime],
    app_tokens: Mapping[int, datetime],
) -> None:
    """One statement for each batch. Rows that are gone by now stay gone."""
    with transaction.atomic():
        _write_uses(RobotToken, tokens)
        _write_uses(Robot, robots)
        _write_uses(AppToken, app_tokens)


def _write_uses(model: type[_Used], uses: Mapping[int, datetime]) -> None:
    model._default_manager.bulk_update(
        [model(pk=pk, last_used_at=time) for pk, time in uses.items()],
        ["last_used_at"],
        batch_size=_BATCH,
    )


usage = Usage()
"""This process's uses."""
