"""One statement, run as closely to the driver as Django's guarantees allow.

Django's cursor costs more than the query of a token does: it rewrites the
placeholders each time and wraps what the driver does already. Here the text is
prepared once. Errors are Django's own, a connection is opened, checked and given up
as by any query, and what watches queries (assertNumQueries, DEBUG, execute wrappers)
sees this one as well: it is then run by Django's cursor.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX

try:
    from robots import server_side
except ImportError:  # Where there is no PostgreSQL, there need be no driver for it.
    server_side = None  # type: ignore[assignment]

Row = tuple[Any, ...]
Rows = list[Row]


class Statement:
    """A text that never changes and answers rows, for the databases of one vendor."""

    def __init__(self, sql: str, seconds: float | None = None) -> None:
        """`sql` has `%s` for each parameter, and `%%` for a percent sign.

        PostgreSQL is given up after `seconds`, and its connection closed.
        """
        self.sql = sql
        self.seconds = seconds
        self.qmark_sql = FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")

    def rows(self, connection: Any, values: Sequence[Any]) -> Rows:
        """All rows, as the driver returns them. Raises django.db's errors."""
        run = _DRIVERS.get(connection.vendor)
        if run is None or connection.queries_logged or connection.execute_wrappers:
            return self._by_cursor(connection, values)
        if connection.health_check_enabled:
            connection.close_if_health_check_failed()
        if connection.connection is None:
            connection.ensure_connection()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            rows = run(self, connection.connection, values)
        return self._by_cursor(connection, values) if rows is None else rows

    def _by_cursor(self, connection: Any, values: Sequence[Any]) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            rows: Rows = cursor.fetchall()
        return rows


def write_once(connection: Any, sql: str, values: Sequence[Any]) -> None:
    """Run a long statement whose very text, values and all, comes but once.

    psycopg would keep the last hundred texts, some megabytes, to see whether one comes
    again. Raises django.db's errors.
    """
    with connection.cursor() as cursor, _forgetting(connection):
        cursor.execute(sql, values)


@contextmanager
def _forgetting(connection: Any) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    driver = connection.connection
    threshold, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = threshold


def _by_sqlite(statement: Statement, connection: Any, values: Sequence[Any]) -> Rows:
    rows: Rows = connection.execute(statement.qmark_sql, values).fetchall()
    return rows


def _by_postgresql(
    statement: Statement, connection: Any, values: Sequence[Any]
) -> Rows | None:
    return server_side.rows(connection, statement.sql, values, statement.seconds)


_Run = Callable[[Statement, Any, Sequence[Any]], Rows | None]
_DRIVERS: dict[str, _Run] = {"sqlite": _by_sqlite, "postgresql": _by_postgresql}
"""Each returns None for what must be left to Django's cursor."""
