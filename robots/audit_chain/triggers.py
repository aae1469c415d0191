"""Whether the database still refuses to change what was audited.

A trigger that has the right name may be turned off, or do nothing: what counts is its
definition, and on PostgreSQL that of the function it calls.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper

from robots.audit_chain.findings import TriggerProblem

_MADE: Any = import_module("robots.migrations.0009_audit_seals")
"""The migration that made them. One that makes others is to be named here instead."""

_IN_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"

# One that is on for ordinary sessions does nothing in those of a replica, which a
# session of ours is where a database or role was told so.
_IN_POSTGRESQL = """\
SELECT t.tgname,
t.tgenabled = 'A' OR (t.tgenabled = 'O'
AND current_setting('session_replication_role') <> 'replica'),
pg_get_triggerdef(t.oid, true), l.lanname, p.proconfig, p.proname, p.prosrc
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_language l ON l.oid = p.prolang
WHERE t.tgrelid = ANY (ARRAY(SELECT to_regclass(unnest(%s::text[]))::oid))"""

MISSING, OFF, REPLACED = "is missing", "is turned off", "was replaced"


def trigger_names(vendor: str) -> list[str]:
    """Those that the migration adds, for the databases of a vendor."""
    return list(_wanted(vendor))


def trigger_problems(alias: str) -> Iterator[TriggerProblem]:
    """Triggers that are not there, are turned off, or are not what was added."""
    connection = connections[alias]
    wanted = _wanted(connection.vendor)
    if not wanted:
        return
    with connection.cursor() as cursor:
        found = _READ[connection.vendor](cursor)
    for name, definition in wanted.items():
        if name not in found:
            yield TriggerProblem(name, MISSING)
        elif found[name] is None:
            yield TriggerProblem(name, OFF)
        elif found[name] != definition:
            yield TriggerProblem(name, REPLACED)


def _wanted(vendor: str) -> Mapping[str, str]:
    """Their definitions, in the words in which the database keeps them."""
    statements = {"sqlite": _MADE.SQLITE, "postgresql": _MADE.POSTGRESQL_TRIGGERS}
    return {text.split()[2]: text for text in statements.get(vendor, ())}


def _in_sqlite(cursor: CursorWrapper) -> dict[str, str | None]:
    cursor.execute(_IN_SQLITE)
    return dict(cursor.fetchall())


def _in_postgresql(cursor: CursorWrapper) -> dict[str, str | None]:
    """By name; None for one that is off, and no definition for a false function's."""
    cursor.execute(_IN_POSTGRESQL, [list(_MADE.TABLES)])
    made = ("plpgsql", [f"search_path={_MADE.SEARCH_PATH}"])
    found: dict[str, str | None] = {}
    for name, is_on, definition, language, settings, function, body in cursor:
        is_ours = (language, settings) == made and body == _MADE.FUNCTIONS.get(function)
        found[name] = (definition if is_ours else "") if is_on else None
    return found


_READ = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}
