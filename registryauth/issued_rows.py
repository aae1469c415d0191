"""Counts of many days and namespaces, added up by two statements of the database's own.

Raises what the database raises. A row that another process makes at the same time is
added to as well, since the database decides which of them comes first.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connections, router

from registryauth.models import IssuedTokens
from robots.statements import write_once

_ADD = (
    "INSERT INTO {table} ({day}, {namespace}, {count}) VALUES {places}"
    " ON CONFLICT {same} DO UPDATE SET {count} = {table}.{count} + excluded.{count}"
)

Count = tuple[date, int | None, int]
"""The day, the namespace's primary key or None, and how many more."""


def add(counts: Sequence[Count]) -> None:
    """Each day and namespace at most once; all of them with a namespace, or none."""
    connection = connections[router.db_for_write(IssuedTokens)]
    has_namespace = counts[0][1] is not None
    names = _names(connection)
    same = (
        "({day}, {namespace})" if has_namespace else "({day}) WHERE {namespace} IS NULL"
    )
    statement = _ADD.format(
        places=", ".join(["(%s, %s, %s)"] * len(counts)),
        same=same.format(**names),
        **names,
    )
    day_field: Any = IssuedTokens._meta.get_field("day")
    values: list[Any] = []
    for day, namespace, count in counts:
        values += [day_field.get_db_prep_save(day, connection), namespace, count]
    write_once(connection, statement, values)


def _names(connection: Any) -> Mapping[str, str]:
    quote = connection.ops.quote_name
    # As Any: the stubs do not know which fields have a column.
    fields: Any = {
        name: IssuedTokens._meta.get_field(name)
        for name in ("day", "namespace", "count")
    }
    columns = {name: quote(field.column) for name, field in fields.items()}
    return {"table": quote(IssuedTokens._meta.db_table), **columns}
