"""Many rows at once: indexes and foreign keys wait, and are then as they were.

For databases of benchmarks alone. On PostgreSQL it takes a superuser.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection

_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint c
WHERE conrelid = %s::regclass AND contype = 'u' AND NOT EXISTS (
    SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid
)"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = %s::regclass AND NOT EXISTS (
    SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid
)"""
_SCHEMA = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text LIKE ANY (%s)
UNION ALL
SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid::regclass::text LIKE ANY (%s)
ORDER BY 1"""
_APPS = ["robots%", "federation%", "quaysite%", "registryauth%"]
_SQLITE_INDEXES = (
    "SELECT name, sql FROM sqlite_master"
    " WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL"
)
_SQLITE_SCHEMA = (
    "SELECT name || coalesce(sql, '') FROM sqlite_master"
    " WHERE name NOT LIKE 'sqlite_%%' ORDER BY 1"
)


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@contextmanager
def fast_loading() -> Iterator[None]:
    """For this transaction: no foreign key is looked at, and sorts have room."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        else:
            cursor.execute("PRAGMA cache_size = -1000000")  # KiB
    yield
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@contextmanager
def without_indexes(table: str) -> Iterator[None]:
    """Drop what can be made again faster than kept up to date; raises RuntimeError
    if the schema afterwards is not the one before.
    """
    before = _schema()
    with connection.cursor() as cursor:
        again = _dropped(cursor, table)
        yield
        for statement in again:
            cursor.execute(statement)
    if _schema() != before:
        raise RuntimeError(f"the indexes of {table} are not what they were")


def insert(table: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """Write rows that Python makes."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if not is_postgresql():
            places = ", ".join(["%s"] * len(columns))
            verb, lazily = "INSERT INTO", cast(Any, rows)
            cursor.executemany(f"{verb} {table} ({names}) VALUES ({places})", lazily)
            return
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _dropped(cursor: Any, table: str) -> list[str]:
    """The statements that make again what this has dropped."""
    if not is_postgresql():
        cursor.execute(_SQLITE_INDEXES, [table])
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
        return [statement for _, statement in found]
    cursor.execute(_CONSTRAINTS, [table])
    constraints = cursor.fetchall()
    for name, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(_INDEXES, [table])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    add = f"ALTER TABLE {table} ADD CONSTRAINT"
    return [
        *(f'{add} "{name}" {definition}' for name, definition in constraints),
        *(definition for _, definition in indexes),
    ]


def _schema() -> list[str]:
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_SCHEMA, [_APPS, _APPS])
        else:
            cursor.execute(_SQLITE_SCHEMA)
        return [text for (text,) in cursor.fetchall()]
