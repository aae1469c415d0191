"""Whether the replica may be asked at the moment; and the primary's beat (design 7).

A thread of each process, where a replica is configured, beats on the primary once a
second, and looks at the replica. Requests ask the replica only while the last look was
good, so that one that is away, or behind, costs them nothing. That an answer is fresh
is shown by each statement itself, which reads the beat as well: `robots.replicas`.

No two clocks are compared. Beats only ever grow, and a replica applies commits in their
order: who sees a beat of this process sees all that was committed before the process
sent it. When that was, the process knows by its own clock.
"""

import logging
import threading
import time
from datetime import datetime
from typing import NamedTuple

from django.db import Error, connections, router

from robots import conf
from robots.models import ReplicationBeat
from robots.models.replication import THE_ONE
from robots.outage import drop_dead_connections
from robots.statements import Statement

logger = logging.getLogger(__name__)

ALIAS = "replica"
"""The key in DATABASES."""

BEAT_SECONDS = 1.0
REST_SECONDS = 5.0
"""How long the replica is left alone after it failed a request."""

LOOK_LASTS_SECONDS = 3.0
"""How long a look counts, should no other follow."""

SECONDS = 1.5
"""After which a statement on the replica is given up, though nothing ends it there."""

_TABLE = f'"{ReplicationBeat._meta.db_table}"'

SEEN = (
    "CASE WHEN pg_is_in_recovery()"  # noqa: S608
    f" THEN (SELECT at FROM {_TABLE} WHERE id = {THE_ONE}) END"
)
"""The beat that a statement on a standby sees; null elsewhere.

One statement sees one moment, the beat included.
"""

_LINE = (
    "(SELECT system_identifier FROM pg_control_system()),"
    " (SELECT timeline_id FROM pg_control_checkpoint())"
)
"""The cluster, and which of the histories that it took."""

# A clock that was set back must not make a beat less than an earlier one.
_BEAT = (
    f"INSERT INTO {_TABLE} AS beat (id, at)"  # noqa: S608
    f" VALUES ({THE_ONE}, clock_timestamp()) ON CONFLICT (id) DO UPDATE"
    " SET at = GREATEST(clock_timestamp(), beat.at + interval '1 microsecond')"
    f" RETURNING at, {_LINE}"
)
_LOOK = Statement(f"SELECT {SEEN}, {_LINE}", SECONDS)

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's monotonic clock stands still while the machine sleeps; this one does not."""


def _uptime() -> float:
    return time.clock_gettime(_CLOCK)


class _Mark(NamedTuple):
    """A beat of this process, and its uptime before it sent that."""

    at: datetime
    sent: float


class ReplicaWatch:
    """What this process knows of the replica; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._usable_until = 0.0
        self._rests_until = 0.0
        self._marks: tuple[_Mark, ...] = ()
        self._line: tuple[int, int] | None = None

    def is_usable(self) -> bool:
        """Whether there is a replica that was well a moment ago."""
        if ALIAS not in connections.settings:
            return False
        if self._thread is None or not self._thread.is_alive():
            self._start()
        return time.monotonic() < self._usable_until

    def is_fresh(self, seen: datetime | None) -> bool:
        """Whether who sees that beat misses nothing older than the bound.

        That is DATABASE_REPLICA_MAX_LAG seconds, up to this moment.
        """
        oldest = _uptime() - conf.replica_max_lag()
        needed = next((mark.at for mark in self._marks if mark.sent >= oldest), None)
        return seen is not None and needed is not None and seen >= needed

    def give_up(self, reason: str) -> None:
        """Leave the replica alone for some seconds."""
        with self._lock:
            was_usable = self._usable_until > 0
            self._usable_until = 0.0
            self._rests_until = time.monotonic() + REST_SECONDS
        if was_usable:
            logger.warning("the replica is not asked: %s", reason)

    def look(self) -> None:
        """Beat, and see whether the replica is well. Raises no error of a database."""
        try:
            reason = self._why_not()
        except Error as error:
            reason = type(error).__name__
            # First: what follows would ask a server that may hang.
            connections[ALIAS].close()
        drop_dead_connections()
        if reason:
            self._note_bad(reason)
        else:
            self._note_good()

    def _why_not(self) -> str:
        """Why the replica cannot be asked; empty if it can. Raises django.db.Error."""
        self._beat()
        seen, *line = _LOOK.rows(connections[ALIAS], [])[0]
        if tuple(line) != self._line:
            return "it is of another cluster, or timeline, than the primary"
        return "" if self.is_fresh(seen) else "it is no standby, or too far behind"

    def _beat(self) -> None:
        """Have the primary take a beat, and note it. Raises django.db.Error."""
        sent = _uptime()
        alias = router.db_for_write(ReplicationBeat)
        with connections[alias].cursor() as cursor:
            cursor.execute(_BEAT)
            at, *line = cursor.fetchone()
        oldest = sent - conf.replica_max_lag()
        # Another primary may not know the beats of the one before it.
        known = self._marks if tuple(line) == self._line else ()
        self._line = tuple(line)
        self._marks = (
            *(mark for mark in known if mark.sent >= oldest),
            _Mark(at, sent),
        )

    def _note_good(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                return
            was_usable = self._usable_until > 0
            self._usable_until = now + LOOK_LASTS_SECONDS
        if not was_usable:
            logger.info("the replica is asked")

    def _note_bad(self, reason: str) -> None:
        with self._lock:
            was_usable = self._usable_until > 0
            self._usable_until = 0.0
        if was_usable:
            logger.warning("the replica is not asked: %s", reason)

    def _start(self) -> None:
        """Start the thread at the first use: before a fork it would not survive."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                return
            self._usable_until = 0.0
            thread = threading.Thread(
                target=self._run, name="replica watch", daemon=True
            )
            try:
                thread.start()
            except RuntimeError as error:  # The machine has no thread to spare.
                logger.warning("the replica is not watched: %s", error)
            else:
                self._thread = thread

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self.look()
            pause.wait(BEAT_SECONDS)


watch = ReplicaWatch()
"""What this process knows."""
