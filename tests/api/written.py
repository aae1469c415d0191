"""What a request writes, seen at the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def writes() -> Iterator[list[str]]:
    """The statements that change rows meanwhile."""
    found: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.split(" ", 1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield found
