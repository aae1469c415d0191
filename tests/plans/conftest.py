"""Plans depend on how large tables are: they are as large as what they hold."""

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(autouse=True, scope="module")
def without_rubble(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """What other tests rolled back still lies in PostgreSQL's tables and indexes."""
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("VACUUM FULL")
