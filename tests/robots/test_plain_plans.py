"""Long queries are not compiled, and what comes after them is as before."""

import pytest
from django.db import connection, transaction

from robots.plain_plans import plain_plans

pytestmark = pytest.mark.django_db(transaction=True)


def setting() -> str:
    """Of a database that is no PostgreSQL: what one would say that compiles."""
    if connection.vendor != "postgresql":
        return "on"
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        (shown,) = cursor.fetchone()
    return str(shown)


def test_it_is_off_inside_and_as_before_outside() -> None:
    before = setting()
    with plain_plans():
        assert transaction.get_connection().in_atomic_block
        assert setting() == "off" or connection.vendor != "postgresql"
    assert setting() == before
