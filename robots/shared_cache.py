"""The cache that processes share, which may be down: then nobody waits for it.

It is Django's default cache. One that failed is left alone for RETRY_SECONDS, so that
one that hangs is waited for once and not by every request. What is asked meanwhile has
the answer that the caller names.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

RETRY_SECONDS = 30.0
"""How long a shared cache that failed is left alone."""

_OF_ONE_PROCESS = (LocMemCache, DummyCache)


@runtime_checkable
class AddsUp(Protocol):
    """A cache that has a shorter way to count (`robots.redis_cache`)."""

    def add_up(self, keys: Sequence[str], seconds: int) -> list[int]:
        """Add one to each count, which ends so many seconds later; answers all."""
        ...


class SharedCache:
    """Django's default cache, as one process finds it; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._again_at = 0.0
        self.failures = 0

    def ask(self, deed: Callable[[BaseCache], _T], otherwise: _T) -> _T:
        """What `deed` does with the cache, or `otherwise`. Never raises."""
        if time.monotonic() < self._again_at:
            return otherwise
        try:
            return deed(caches["default"])
        # Each backend has errors of its own, and none of them may stop a login.
        except Exception as error:
            with self._lock:
                self._again_at = time.monotonic() + RETRY_SECONDS
                self.failures += 1
            logger.warning("The shared cache is down: %s", type(error).__name__)
            return otherwise

    def forget(self) -> None:
        """Try again at once, should it have failed before."""
        self._again_at = 0.0

    def is_shared(self) -> bool:
        """Whether other processes see what this one puts there."""
        return not isinstance(caches["default"], _OF_ONE_PROCESS)

    def add_up(self, keys: Sequence[str], seconds: int) -> list[int] | None:
        """Add one to each count, and say what they are now; None if it is down.

        A count is forgotten so many seconds after it was last added to, or earlier.
        """
        return self.ask(lambda cache: _add_up(cache, keys, seconds), None)

    def totals(self, keys: Sequence[str]) -> list[int] | None:
        """What the counts are, in one question; None if it is down."""
        return self.ask(lambda cache: _totals(cache, keys), None)


def _add_up(cache: BaseCache, keys: Sequence[str], seconds: int) -> list[int]:
    if isinstance(cache, AddsUp):
        return cache.add_up(keys, seconds)
    return [_add_one(cache, key, seconds) for key in keys]


def _add_one(cache: BaseCache, key: str, seconds: int) -> int:
    if cache.add(key, 1, seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # It ended in between.
        cache.set(key, 1, seconds)
        return 1


def _totals(cache: BaseCache, keys: Sequence[str]) -> list[int]:
    found: dict[str, Any] = cache.get_many(keys)
    return [int(found.get(key) or 0) for key in keys]


shared_cache = SharedCache()
"""That of this process."""
