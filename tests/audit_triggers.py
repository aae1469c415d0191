"""Going around the triggers that keep audit events: to age them, or to tamper."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import QuerySet

from robots.models import AuditEvent

_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_POSTGRESQL = (
    "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal"
)


@contextmanager
def lifted() -> Iterator[None]:
    """The database lets everything be changed meanwhile."""
    down, up = _statements(connection)
    _run(down)
    yield
    _run(up)


def backdate(events: "QuerySet[AuditEvent]", at: datetime) -> None:
    """Let events have happened at another time."""
    with lifted():
        events.update(created_at=at)


def let_flush() -> None:
    """Tests that commit empty the tables after them; a site's operator cannot."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def flush_all(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        down, up = _statements(self.connection)
        flush(self, [*down, *sql_list, *up])

    BaseDatabaseOperations.execute_sql_flush = flush_all  # type: ignore[method-assign]


def _statements(of: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    """What takes the triggers away, and what brings them back."""
    with of.cursor() as cursor:
        if of.vendor == "sqlite":
            found = list(cursor.execute(_SQLITE).fetchall())
            return [f"DROP TRIGGER {name}" for name, _ in found], [
                sql for _, sql in found
            ]
        cursor.execute(_POSTGRESQL)
        tables = [name for (name,) in cursor.fetchall()]
    return tuple(
        [f"ALTER TABLE {table} {verb} TRIGGER USER" for table in tables]
        for verb in ("DISABLE", "ENABLE")
    )  # type: ignore[return-value]


def _run(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
