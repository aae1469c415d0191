"""Plans that hold whatever the database's statistics say of a smaller site.

SQLite keeps what `ANALYZE` found until it is run again, and takes an index of one
column, or no index, where the table had few rows then. PostgreSQL does so until
autovacuum comes.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

_UNIQUE_INDEX = (
    'SELECT listed.name FROM pragma_index_list(%s) listed WHERE listed."unique"'
    " AND (SELECT group_concat(name, ',') FROM (SELECT name"
    " FROM pragma_index_info(listed.name) ORDER BY seqno)) = %s"
)

# Each a table that has grown to twice its pages, or has changed as a whole.
_STALE = (
    "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relname = ANY (%s)"
    " AND pg_table_is_visible(c.oid) AND (pg_relation_size(c.oid)"
    " > 2 * GREATEST(c.relpages, 1) * current_setting('block_size')::bigint"
    " OR pg_stat_get_mod_since_analyze(c.oid) > GREATEST(c.reltuples, 1000))"
)


def indexed_by(model: type[models.Model], *fields: str) -> str:
    """`INDEXED BY` the unique index of these fields, in SQLite; else nothing.

    The query must find its rows by that index; nothing too if there is no such index.
    """
    if connection.vendor != "sqlite":
        return ""
    # As Any: the stubs do not know which fields have a column.
    chosen: list[Any] = [model._meta.get_field(name) for name in fields]
    columns = ",".join(field.column for field in chosen)
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE_INDEX, [model._meta.db_table, columns])
        found = cursor.fetchone()
    return f"INDEXED BY {connection.ops.quote_name(found[0])}" if found else ""


def refresh_statistics(tables: Sequence[type[models.Model]]) -> None:
    """Let PostgreSQL look at those of the tables whose statistics are plainly stale.

    It waits for nobody: a table that somebody else analyzes or alters is left out.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [[model._meta.db_table for model in tables]])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table}")
