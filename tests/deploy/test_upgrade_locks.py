"""On PostgreSQL each migration locks one table that is in use, so that nobody waits in
a ring: a writer of before may hold what the migration wants and want what it holds.
"""

import re

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.deploy.old_release import OURS

BEFORE = {
    "federation": "0002_keyless",
    "quaysite": "0003_oidc_accounts",
    "registryauth": "0001_issued",
    "robots": "0007_faster_lists",
}
"""The last of each app that was not made so yet."""

REFERENCES_ALONE = ("robots", "0011_switch_of_a_robot")
"""It locks two tables by its one statement, which lets readers of both go on."""

_CHANGED = re.compile(
    r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .*? ON|REFERENCES) "(\w+)"'
)
_CREATED = re.compile(r'CREATE TABLE "(\w+)"')


def locking(statements: list[str]) -> set[str]:
    """The tables that are there before, and that these statements lock."""
    text = "\n".join(statements)
    return set(_CHANGED.findall(text)) - set(_CREATED.findall(text))


def since() -> list[tuple[str, str]]:
    """The migrations that come after BEFORE."""
    nodes = MigrationLoader(None).graph.nodes
    return sorted((app, name) for app, name in nodes if name > BEFORE.get(app, "~"))


@pytest.mark.parametrize("node", since(), ids="-".join)
def test_a_migration_locks_one_table_that_is_in_use(
    node: tuple[str, str], db: None
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    loader = MigrationLoader(connection)
    statements = loader.collect_sql([(loader.graph.nodes[node], False)])
    changing = [one for one in statements if not one.startswith("--")]
    if node == REFERENCES_ALONE:
        assert len(changing) == 1
        assert "ADD CONSTRAINT" in changing[0]
    else:
        assert len(locking(changing)) <= 1


def test_a_migration_of_two_tables_would_be_found() -> None:
    both = [
        'ALTER TABLE "robots_robottoken" ADD COLUMN "a" boolean NULL;',
        'CREATE INDEX "i" ON "robots_robot" ("expires_at");',
        'CREATE TABLE "robots_new" ("id" bigint);',
        'ALTER TABLE "robots_new" ADD COLUMN "a" bigint NULL;',
    ]
    assert locking(both) == {"robots_robottoken", "robots_robot"}


def test_a_reference_to_a_table_in_use_would_be_found() -> None:
    one = ['ALTER TABLE "a" ADD COLUMN "b_id" bigint NULL REFERENCES "b" ("id");']
    assert locking(one) == {"a", "b"}


def test_every_app_of_ours_is_looked_at() -> None:
    assert {*OURS, "registryauth"} == BEFORE.keys()
