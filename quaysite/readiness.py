"""Whether requests can be answered rightly here: what a load balancer asks.

The database, its migrations and the signing key have to be there. Without the cache
everybody is served, a little slower: a balancer that took every server away for that
would make an outage of a nuisance, so it is told, and no reason.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from django.core.cache import cache
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from registryauth import signing
from robots.statements import Statement

logger = logging.getLogger(__name__)

MEMORY_SECONDS = 1.0
"""How long an answer is good for: anybody may ask, as often as they like."""

DATABASE_SECONDS = 2.0
"""After which PostgreSQL is not there: a server that hangs is of no use either."""

_PROBE = "quaysite:readiness"
_ONE = Statement("SELECT 1", DATABASE_SECONDS)


class Readiness(NamedTuple):
    """What is there; `cache` does not count."""

    database: bool
    migrations: bool
    keys: bool
    cache: bool

    @property
    def is_ready(self) -> bool:
        return self.database and self.migrations and self.keys


class Probe:
    """The readiness of this process; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Look anew at the next question."""
        self._found: Readiness | None = None
        self._until = 0.0
        self._migrated = False

    def readiness(self) -> Readiness:
        """What is there at this moment, or was a second ago."""
        with self._lock:
            if self._found is None or time.monotonic() >= self._until:
                self._found = self._look()
                self._until = time.monotonic() + MEMORY_SECONDS
            return self._found

    def _look(self) -> Readiness:
        database = _works("database", _ask_database)
        return Readiness(
            database=database,
            migrations=database and self._is_migrated(),
            keys=_works("signing key", signing.active_key),
            cache=_works("cache", _ask_cache),
        )

    def _is_migrated(self) -> bool:
        """Looked at until it holds: code that is older than the database is served by
        it, so nothing that is migrated later concerns this process.
        """
        if not self._migrated:
            self._migrated = _works("migrations", _ask_migrations)
        return self._migrated


def _works(name: str, ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, it does not work
        logger.warning("not ready: %s: %s", name, type(error).__name__)
        return False
    return True


def _ask_database() -> None:
    _ONE.rows(connections["default"], [])


class _Unmigrated(Exception):
    """Migrations of this code are not applied."""


def _ask_migrations() -> None:
    executor = MigrationExecutor(connections["default"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Unmigrated


class _Forgetful(Exception):
    """The cache does not keep what it is given."""


def _ask_cache() -> None:
    cache.set(_PROBE, 1, timeout=60)
    if cache.get(_PROBE) != 1:
        raise _Forgetful


probe = Probe()
"""That of this process."""
