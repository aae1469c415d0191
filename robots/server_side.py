"""Statements that PostgreSQL keeps: planned once for each connection, run by name.

A cursor of psycopg costs three times what the answer does; here its converters are
used, and libpq is called directly (psycopg's documented `pq` module).
"""

import re
import secrets
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import (
    FeatureNotSupported,
    InvalidSqlStatementName,
    error_from_result,
)
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from robots.timed_queries import TimedQueries

_GONE = (FeatureNotSupported, InvalidSqlStatementName)
"""A migration changed what the statement returns, or somebody discarded it."""

_ATTRIBUTE = "quaysite_kept"
"""Of a connection, so that what is kept for it goes with it."""


class _Kept:
    """One statement on one connection, under a name for each combination of types."""

    def __init__(
        self, connection: Connection[Any], sql: str, size: int, seconds: float | None
    ) -> None:
        places = count(1)
        numbered = re.sub(r"%s|%%", lambda found: _numbered(found[0], places), sql)
        self._sql = numbered.encode()
        self._pgconn = connection.pgconn
        self._asked = (
            self._pgconn if seconds is None else TimedQueries(self._pgconn, seconds)
        )
        self._adapt = Transformer(connection)
        self._formats = [PyFormat.AUTO] * size
        self._names: dict[tuple[int, ...], bytes] = {}

    def rows(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        adapt = self._adapt
        dumped: Any = adapt.dump_sequence(values, self._formats)
        types = adapt.types or ()
        name = self._names.get(types)
        if name is None:
            name = self._prepared(types)
        result = self._checked(self._asked.exec_prepared(name, dumped, adapt.formats))
        adapt.set_pgresult(result)
        return adapt.load_rows(0, result.ntuples, tuple)

    def rows_unprepared(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        adapt = self._adapt
        dumped: Any = adapt.dump_sequence(values, self._formats)
        result = self._checked(
            self._asked.exec_params(self._sql, dumped, adapt.types or (), adapt.formats)
        )
        adapt.set_pgresult(result)
        return adapt.load_rows(0, result.ntuples, tuple)

    def _prepared(self, types: tuple[int, ...]) -> bytes:
        # Behind a pooler another process may have this connection next: a name that
        # both would choose runs the other's statement.
        name = f"quaysite_{secrets.token_hex(8)}".encode()
        self._checked(self._asked.prepare(name, self._sql, types))
        self._names[types] = name
        return name

    def _checked(self, result: PGresult) -> PGresult:
        if self._pgconn.status != ConnStatus.OK:
            raise OperationalError("the connection is lost")
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result)
        return result


def rows(
    connection: Connection[Any],
    sql: str,
    values: Sequence[Any],
    seconds: float | None = None,
) -> list[tuple[Any, ...]] | None:
    """All rows of the statement, which has `%s` for each value. psycopg's errors.

    An answer that takes longer than `seconds` is given up, and the connection closed.
    Such a statement is asked here whatever happens, as a cursor knows no such end.

    None where it has to be asked in another way: prepared statements are forbidden
    (OPTIONS["prepare_threshold"] is None, for a pooler that lends connections out for
    one transaction), psycopg has yet to begin a transaction, or a kept statement is of
    no use any more.
    """
    timed = seconds is not None
    if connection.prepare_threshold is None and not timed:
        return None
    idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
    if idle and not connection.autocommit and not timed:
        return None
    kept: dict[str, _Kept] | None = getattr(connection, _ATTRIBUTE, None)
    if kept is None:
        kept = {}
        setattr(connection, _ATTRIBUTE, kept)
    statement = kept.get(sql)
    if statement is None:
        statement = kept[sql] = _Kept(connection, sql, len(values), seconds)
    if connection.prepare_threshold is None:
        return statement.rows_unprepared(values)
    try:
        return statement.rows(values)
    except _GONE:
        del kept[sql]
        if timed or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            raise  # The transaction is broken: nothing can be asked in it.
        return None


def _numbered(placeholder: str, places: "count[int]") -> str:
    return "%" if placeholder == "%%" else f"${next(places)}"
