"""How many statements something takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def queries(expected: int) -> Iterator[None]:
    """Exactly `expected` queries are sent, and each of them only reads."""
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [query["sql"] for query in captured]
    assert len(statements) == expected, statements
    assert all(sql.lstrip("(").startswith("SELECT") for sql in statements), statements
