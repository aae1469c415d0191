"""Many permissions at once cost what they are, whatever the statistics say.

The statistics are of a site with hardly a row, as after an `ANALYZE` on its first day.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from robots.lifecycle.permission_sets import permission_set
from robots.lifecycle.wanted import Wanted
from robots.models import Namespace, Repository, RepositoryPermission, Robot
from robots.roles import Role
from tests import factories

TABLES = ("robots_repositorypermission", "robots_repository", "robots_robot")
ROLES = (Wanted(Role.READ), Wanted(Role.WRITE), Wanted(None))
REPOSITORIES = 2_000
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")

pytestmark = pytest.mark.django_db

needs_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="of SQLite's statistics"
)
needs_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="of PostgreSQL's statistics"
)


@pytest.fixture
def tiny() -> None:
    """One repository, one robot, one permission; all that statistics know of."""
    acme = factories.organization("tiny")
    repository, (robot, _) = (
        factories.repository(acme, "app"),
        factories.robot(acme, "ci"),
    )
    permission = {"repository": repository, "robot": robot, "role": Role.READ}
    RepositoryPermission.objects.create(namespace=acme, **permission)
    run("ANALYZE")


class Undone(Exception):
    """Gives up what was only measured."""


def run(sql: str, parameters: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def explaining(verb: str) -> Iterator[dict[str, list[Any]]]:
    """The plan of each statement on staged rows, just before it is run."""
    found: dict[str, list[Any]] = {}

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        text = re.sub(r"_[0-9a-f]{16}", "", sql)
        if re.search('"(wanted|differences)_', text) and text.startswith(VERBS):
            # What a plan is measured with writes as well.
            with pytest.raises(Undone), transaction.atomic():
                plan = [row[-1] for row in run(f"{verb} {sql}", params)]
                found.setdefault(text, []).extend(plan)
                raise Undone
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def change_all(acme: Namespace) -> None:
    """New rows, the same again, another role, and none, for two robots."""
    robots = list(Robot.objects.filter(namespace=acme))
    for wanted in (ROLES[0], *ROLES):
        with permission_set(acme) as some:
            some.want_everywhere(robots, None, wanted)
            some.counts()
            list(some.changes())
            some.save(factories.BY)


@needs_sqlite
@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("rows", [1, 2, 3, 30, 100_000])
@pytest.mark.parametrize("each", ["unique", "the same"])
def test_sqlite_looks_each_row_up_by_its_unique_index(rows: int, each: str) -> None:
    acme = factories.organization("acme")
    for name in ("ci", "deploy"):
        factories.robot(acme, name)
    for name in ("web", "api"):
        factories.repository(acme, name)
    _pretend(rows, 1 if each == "unique" else rows)
    with explaining("EXPLAIN QUERY PLAN") as found:
        change_all(acme)
    assert len(found) >= 10
    assert [
        (step, text)
        for text, steps in found.items()
        for step in steps
        if _reads_too_much(step, text)
    ] == []


def _pretend(rows: int, each: int) -> None:
    """Every index has so many rows, and so many for each value of a first column."""
    run("DELETE FROM sqlite_stat1")
    for table in TABLES:
        for _, index, *_ in run(f"PRAGMA index_list({table})"):
            columns = len(run(f"PRAGMA index_info({index})"))
            stat = " ".join(map(str, [rows, *[each] * (columns - 1), 1]))
            run("INSERT INTO sqlite_stat1 VALUES (%s, %s, %s)", [table, index, stat])
    run("ANALYZE sqlite_schema")


def _reads_too_much(step: str, text: str) -> bool:
    """In a loop over the staged rows; the changed table itself may be read once."""
    if found := re.match(r"(SCAN|SEARCH) ([prg])\b(.*)", step):
        verb, alias, rest = found.groups()
        if alias == "p" and text.startswith("UPDATE") and verb == "SCAN":
            return False
        pair = r"\(repository_id=\? AND robot_id=\?"
        key = pair if alias == "p" else r"\((row)?id=\?"
        return verb == "SCAN" or not re.search(key, rest)
    # From the rows of the changed table, or from the events.
    key = r"\(grantee_id=\? AND (repository_id|intent)=\?"
    return bool(re.match(rf"(SEARCH w|SEARCH d)\b(?!.*{key})", step))


@needs_postgresql
@pytest.mark.usefixtures("tiny")
def test_postgresql_touches_as_many_rows_as_are_wanted() -> None:
    acme = factories.organization("acme")
    names = (f"app-{number:05}" for number in range(REPOSITORIES))
    Repository.objects.bulk_create(Repository(namespace=acme, name=n) for n in names)
    Robot.objects.bulk_create(Robot(namespace=acme, name=n) for n in ("ci", "deploy"))
    with explaining("EXPLAIN (ANALYZE, FORMAT JSON)") as found:
        change_all(acme)
    most = {text: max(map(_rows_of, plans)) for text, plans in found.items()}
    assert len(most) >= 10
    # Each statement reads them from a handful of tables.
    allowed = 10 * 2 * REPOSITORIES
    assert {text: rows for text, rows in most.items() if rows > allowed} == {}


def _rows_of(told: Any) -> float:
    return _touched((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])


def _touched(node: Any) -> float:
    """Rows that the steps of a plan have read, those too that they left out."""
    removed = sum(
        node.get(f"Rows Removed by {what}", 0)
        for what in ("Filter", "Index Recheck", "Join Filter")
    )
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return float(own + sum(map(_touched, node.get("Plans", ()))))
