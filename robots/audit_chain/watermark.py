"""Up to which id every event is there that ever will be.

Ids are drawn before they are committed, so an event may appear below others that are
sealed already. SQLite has one writer at a time: there ids appear in their order. On
PostgreSQL a transaction that draws an id has locked the table before, in the mode of
an INSERT, until after its commit is seen. So ids up to the newest one that is seen are
decided as soon as everybody who held that lock just afterwards has ended. Nobody is
held up by that; only the seal waits.
"""

import time

from django.db import connections
from django.db.models import Max

from robots.models import AuditEvent

_PAUSE = 0.05
"""Seconds between two looks at who is still writing."""

_WRITERS = """\
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = %s::regclass AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"""


class Watermark:
    """Rises as transactions end. It keeps whom it waits for from one call to the next,
    so that it rises even where somebody is writing at any moment.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._decided = 0
        self._newest = 0
        self._waiting_for: set[str] = set()

    def decided(self, patience: float = 0.0) -> int:
        """The id, 0 for none; waits up to `patience` seconds for those who write."""
        until = time.monotonic() + patience
        while True:
            is_new = not self._waiting_for
            if is_new:
                self._newest = self._newest_seen()
                self._waiting_for = self._writers()
            else:
                self._waiting_for &= self._writers()
            if not self._waiting_for:
                self._decided = max(self._decided, self._newest)
                if is_new:
                    return self._decided
            elif time.monotonic() >= until:
                return self._decided
            else:
                time.sleep(_PAUSE)

    @property
    def is_waiting(self) -> bool:
        """Whether the last call left events to somebody who was still writing."""
        return bool(self._waiting_for)

    def _newest_seen(self) -> int:
        events = AuditEvent.objects.using(self._alias)
        return events.aggregate(newest=Max("pk"))["newest"] or 0

    def _writers(self) -> set[str]:
        connection = connections[self._alias]
        if connection.vendor != "postgresql":
            return set()
        with connection.cursor() as cursor:
            cursor.execute(_WRITERS, [AuditEvent._meta.db_table])
            return {row[0] for row in cursor.fetchall()}
