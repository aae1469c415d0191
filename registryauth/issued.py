"""Counting the tokens that are issued, without a write where one is issued.

Counts wait in memory and are added up in the database with the last uses, every
USAGE_FLUSH_SECONDS; a process that is killed loses what waited.
"""

import logging
import threading
from collections.abc import Collection, Iterator
from datetime import date, datetime

from registryauth.issued_rows import add
from robots.batches import pieces
from robots.identity import Identity
from robots.outage import OUTAGES
from robots.usage import usage

logger = logging.getLogger(__name__)

_Key = tuple[date, int]

_BATCH = 1_000
"""Rows of one statement: SQLite's one writer is soon free again for requests."""

_NO_NAMESPACE = 0
"""Of people and anonymous callers; no namespace has this key."""


class IssuedCount:
    """The tokens that one process issued since the last flush, for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[_Key, int] = {}

    def note(self, identity: Identity, now: datetime) -> None:
        """Count one token; `now` is in UTC."""
        key = (now.date(), identity.namespace_id or _NO_NAMESPACE)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
        usage.wake()

    def waiting(self) -> int:
        """How many counts are not added yet."""
        return len(self._counts)

    def flush(self) -> None:
        """Add what was counted. What cannot be added is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        try:
            for keys in _batches(counts):
                add([(day, of or None, counts[day, of]) for day, of in keys])
                for key in keys:
                    del counts[key]
        except OUTAGES as error:
            logger.warning("issued tokens not counted: %s", type(error).__name__)
            with self._lock:
                for key, count in counts.items():
                    self._counts[key] = self._counts.get(key, 0) + count


def _batches(counts: Collection[_Key]) -> Iterator[list[_Key]]:
    """Those without a namespace, then the others, so many to a statement.

    In the same order everywhere, so that two processes never wait in a ring.
    """
    yield from pieces(sorted(key for key in counts if key[1] == _NO_NAMESPACE), _BATCH)
    yield from pieces(sorted(key for key in counts if key[1] != _NO_NAMESPACE), _BATCH)


issued_count = IssuedCount()
"""This process's tokens."""

usage.also_flush(lambda: issued_count.flush())
