"""Reading with plans that PostgreSQL does not compile to machine code first.

It compiles whatever it expects to be long. A query with many subqueries then takes
seconds to compile and a tenth of that to run.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def plain_plans() -> Iterator[None]:
    """A transaction in which nothing is compiled; only PostgreSQL ever does."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL jit = off")
        yield
