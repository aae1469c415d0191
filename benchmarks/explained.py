"""How the database answers a question: what is scanned, and how much is touched."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from benchmarks.bulk_loading import is_postgresql
from benchmarks.questions import Question

_READS = ("SELECT", "(SELECT", "WITH")
_FEW = {"robots_emergencyswitch", "django_content_type", "django_session"}
"""Tables that are small in any site, or not ours to index."""

_WHOLE = {"Rewind", "Last"}
"""How SQLite begins to read a table from one end to the other."""


class Scan(NamedTuple):
    """A table read as a whole, and its pages of 8 KiB; SQLite tells none."""

    table: str
    pages: int | None = None

    def __str__(self) -> str:
        return self.table if self.pages is None else f"{self.table}, {self.pages} pages"


@dataclass
class Explained:
    """One statement, with the tables read as a whole; `rows` are all rows touched."""

    question: str
    sql: str
    mode: str
    plan: Any = None
    buffers: int = 0
    rows: float = 0
    milliseconds: float = 0
    scans: list[Scan] = field(default_factory=list)


@dataclass
class _Statement:
    sql: str
    params: Any


def explained(question: Question) -> list[Explained]:
    """Ask, and explain each statement that only reads, as it was sent."""
    statements: list[_Statement] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(_READS) and not many:
            statements.append(_Statement(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        question.ask()
    explain = _by_postgresql if is_postgresql() else _by_sqlite
    return [
        one for statement in statements for one in explain(question.name, statement)
    ]


def _by_sqlite(name: str, statement: _Statement) -> Iterator[Explained]:
    """Scans are told by the program that runs: plans name tables by their aliases."""
    found = Explained(name, statement.sql, "sqlite")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.params)
        found.plan = [detail for *_, detail in cursor.fetchall()]
        cursor.execute("SELECT rootpage, name FROM sqlite_schema WHERE type = 'table'")
        tables = dict(cursor.fetchall())
        cursor.execute(f"EXPLAIN {statement.sql}", statement.params)
        steps = [(operation, *places) for _, operation, *places in cursor.fetchall()]
    opened = {
        place: tables[root]
        for operation, place, root, database, *_ in steps
        if operation == "OpenRead" and database == 0 and root in tables
    }
    whole = [
        opened[place] for op, place, *_ in steps if op in _WHOLE and place in opened
    ]
    found.scans = [Scan(table) for table in whole if table not in _FEW]
    yield found


def _by_postgresql(name: str, statement: _Statement) -> Iterator[Explained]:
    """With the values known, and as a prepared statement may be planned: without."""
    yield _measured(Explained(name, statement.sql, "custom"), statement)
    values = list(statement.params or ())
    if not values:
        return
    numbers = iter(range(1, len(values) + 1))
    prepared = re.sub("%s|%%", lambda m: _place(m[0], numbers), statement.sql)
    types = ", ".join(map(_type_of, values))
    places = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE asked ({types}) AS {prepared}")
        asked = _Statement(f"EXECUTE asked ({places})", values)
        yield _measured(Explained(name, statement.sql, "generic"), asked)
        cursor.execute("DEALLOCATE asked")
        cursor.execute("SET LOCAL plan_cache_mode = auto")


def _place(found: str, numbers: Iterator[int]) -> str:
    return "%" if found == "%%" else f"${next(numbers)}"


def _type_of(value: Any) -> str:
    """As psycopg sends it to a prepared statement."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "bigint"
    return "timestamptz" if isinstance(value, datetime) else "text"


def _measured(found: Explained, statement: _Statement) -> Explained:
    options = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
    with connection.cursor() as cursor:
        for _turn in range(2):  # The second time nothing is read for the first time.
            cursor.execute(f"{options} {statement.sql}", statement.params)
            (told,) = cursor.fetchone()
    top = (json.loads(told) if isinstance(told, str) else told)[0]
    found.plan = top["Plan"]
    found.buffers = found.plan["Shared Hit Blocks"] + found.plan["Shared Read Blocks"]
    found.milliseconds = top["Execution Time"]
    for node in _nodes(found.plan):
        turns = node["Actual Loops"]
        removed = node.get("Rows Removed by Filter", 0) + node.get(
            "Rows Removed by Index Recheck", 0
        )
        if "Relation Name" in node or node["Node Type"].startswith("Bitmap"):
            found.rows += (node["Actual Rows"] + removed) * turns
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in _FEW:
            table = node["Relation Name"]
            found.scans.append(Scan(table, _pages(table)))
    return found


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _pages(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / 8192", [table])
        (pages,) = cursor.fetchone()
    return int(pages)
