"""On PostgreSQL each migration locks one table that is in use, so that nobody waits in
a ring: a writer of before may hold what the migration wants and want what it holds.
"""

import re

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.deploy.old_release import OURS

FIRST = {("robots", "0008_root_key_ids"), ("quaysite", "0004_root_key_ids")}
"""Since these each migration is made so; those before were never in use."""

_CHANGED = re.compile(r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .*? ON) "(\w+)"')
_CREATED = re.compile(r'CREATE TABLE "(\w+)"')
_REFERENCE_INLINE = re.compile(r'ADD COLUMN .* REFERENCES "')


def locking(statements: list[str]) -> set[str]:
    """The tables that are there before, and that these statements lock."""
    text = "\n".join(statements)
    return set(_CHANGED.findall(text)) - set(_CREATED.findall(text))


def since() -> list[tuple[str, str]]:
    """The migrations that come with FIRST or later, in no order."""
    graph = MigrationLoader(None).graph
    return sorted(
        node
        for node in graph.nodes
        if node[0] in OURS and any(node[0] == a and node[1] >= n for a, n in FIRST)
    )


@pytest.mark.parametrize("node", since(), ids="-".join)
def test_a_migration_locks_one_table_that_is_in_use(
    node: tuple[str, str], db: None
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    loader = MigrationLoader(connection)
    statements = loader.collect_sql([(loader.graph.nodes[node], False)])
    assert len(locking(statements)) <= 1
    # Such a column locks its own table against readers, and the other one too.
    assert not any(map(_REFERENCE_INLINE.search, statements))


def test_a_migration_of_two_tables_would_be_found() -> None:
    both = [
        'ALTER TABLE "robots_robottoken" ADD COLUMN "a" boolean NULL;',
        'CREATE INDEX "i" ON "robots_robot" ("expires_at");',
        'CREATE TABLE "robots_new" ("id" bigint);',
        'ALTER TABLE "robots_new" ADD COLUMN "a" bigint NULL;',
    ]
    assert locking(both) == {"robots_robottoken", "robots_robot"}
