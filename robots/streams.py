"""Results of plain queries, read row by row, that can all be given up at once."""

from collections.abc import Generator, Sequence
from typing import Any

from django.db import connection

READ_AT_ONCE = 2_000
"""Rows that are in memory at a time."""

_Rows = Generator[tuple[Any, ...], None, None]


class Streams:
    """The results that are being read within one transaction.

    One that is not read to its end keeps its tables in use: they cannot be dropped.
    """

    def __init__(self) -> None:
        self._begun: list[_Rows] = []

    def read(self, sql: str, parameters: Sequence[Any]) -> _Rows:
        """The rows, as they come; the database is asked when the first is wanted."""
        rows = _rows(sql, parameters)
        self._begun.append(rows)
        return rows

    def close(self) -> None:
        for rows in self._begun:
            rows.close()
        self._begun.clear()


def _rows(sql: str, parameters: Sequence[Any]) -> _Rows:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            yield from rows
