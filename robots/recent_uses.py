"""Which requests a process noted the uses of lately, so as not to do it again.

Robots ask the same again and again, and a use that is noted is one that is written.
Pure: what waits for the database is in `robots.repository_uses`.
"""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta

AGAIN_AFTER = timedelta(minutes=10)
"""A request that comes again is noted again after that: a process writes the last use
of a repository this much too early at most.
"""

MOST = 50_000
"""Requests remembered at most, some 5 MB; then all of them are forgotten."""


class RecentUses:
    """Not safe for several threads: whoever has one has a lock."""

    def __init__(self) -> None:
        self._requests: set[int] = set()
        self._since = datetime.min.replace(tzinfo=UTC)

    def has(self, request: Hashable, now: datetime) -> bool:
        """Whether `request` was added since, or nearly never one that hashes alike."""
        if not timedelta() <= now - self._since < AGAIN_AFTER:
            self._forget(now)
        return hash(request) in self._requests

    def add(self, request: Hashable, now: datetime) -> None:
        """Remember it, until AGAIN_AFTER has passed for the oldest there is."""
        if len(self._requests) >= MOST:
            self._forget(now)
        self._requests.add(hash(request))

    def _forget(self, now: datetime) -> None:
        """A clock that is set back would otherwise have them kept for long."""
        self._requests = set()
        self._since = now
