"""Counting the tokens that are issued, without a write where one is issued.

Counts wait in memory and are added up in the database with the last uses, every
USAGE_FLUSH_SECONDS; a process that is killed loses what waited.
"""

import logging
import threading
from collections import Counter
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from registryauth.models import IssuedTokens
from robots.identity import Identity
from robots.outage import OUTAGES
from robots.usage import usage

logger = logging.getLogger(__name__)

_Key = tuple[date, int]

_NO_NAMESPACE = 0
"""Of people and anonymous callers; no namespace has this key."""


class IssuedCount:
    """The tokens that one process issued since the last flush, for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[_Key] = Counter()

    def note(self, identity: Identity, now: datetime) -> None:
        """Count one token; `now` is in UTC."""
        with self._lock:
            self._counts[now.date(), identity.namespace_id or _NO_NAMESPACE] += 1
        usage.wake()

    def flush(self) -> None:
        """Add what was counted. What cannot be added is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            # In the same order everywhere, so that two processes never wait in a ring.
            for key in sorted(counts):
                _add(key, counts[key])
                del counts[key]
        except OUTAGES as error:
            logger.warning("issued tokens not counted: %s", type(error).__name__)
            with self._lock:
                self._counts += counts


def _add(key: _Key, count: int) -> None:
    if _increase(key, count):
        return
    day, namespace = key
    try:
        with transaction.atomic():
            IssuedTokens.objects.create(
                day=day, namespace_id=namespace or None, count=count
            )
    except IntegrityError:
        # Another process was faster.
        _increase(key, count)


def _increase(key: _Key, count: int) -> bool:
    """Add to the row of this day and namespace; whether there is one."""
    day, namespace = key
    rows = IssuedTokens.objects.filter(day=day)
    if namespace == _NO_NAMESPACE:
        rows = rows.filter(namespace__isnull=True)
    else:
        rows = rows.filter(namespace_id=namespace)
    return rows.update(count=F("count") + count) > 0


issued_count = IssuedCount()
"""This process's tokens."""

usage.also_flush(lambda: issued_count.flush())
