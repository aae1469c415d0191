"""Deeds in another connection, which wait for one another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

from django.db import connection, connections

PATIENCE = 20
"""Seconds after which a test has failed."""

Deed = Callable[[], object]


def closing(deed: Deed) -> object:
    """Do it in a thread, whose connection is closed."""
    try:
        return deed()
    finally:
        connections.close_all()


def elsewhere(deed: Deed) -> None:
    """Let another connection do it, and wait for that."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(closing, deed).result(PATIENCE)


def until_one_waits() -> None:
    """Another connection waits for a lock now, or PATIENCE is over."""
    with connection.cursor() as cursor:
        for _ in range(PATIENCE * 50):
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
            sleep(0.02)
    raise AssertionError("nobody waits")
