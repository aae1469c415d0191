"""Last uses of many rows of one table, written by one statement of the database's own.

Raises what the database raises; rows that are gone are passed over, and none is said
to have been used earlier than it says already.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connections, router
from django.db.models import Model

from robots.statements import write_once

_UPDATE = (
    "UPDATE {table} SET {last} = told.column2 FROM (VALUES {places}) AS told"
    " WHERE {table}.{key} = told.column1"
    " AND ({table}.{last} IS NULL OR {table}.{last} < told.column2)"
)
"""PostgreSQL and SQLite both call the columns of VALUES so."""


def write(model: type[Model], uses: Mapping[int, datetime]) -> None:
    """Add the last uses of the rows with these primary keys, of which there are some.

    Without an ORM object and a CASE for each of them, which this process would build.
    """
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    # As Any: the stubs do not know which fields have a column.
    key: Any = model._meta.pk
    last: Any = model._meta.get_field("last_used_at")
    statement = _UPDATE.format(
        table=quote(model._meta.db_table),
        key=quote(key.column),
        last=quote(last.column),
        places=", ".join(["(%s, %s)"] * len(uses)),
    )
    values: list[Any] = []
    for pk, when in uses.items():
        values += [pk, last.get_db_prep_save(when, connection)]
    write_once(connection, statement, values)
