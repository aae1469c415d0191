"""A failure at any point of an apply leaves the database as it was."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection

from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import reconcile
from tests import factories
from tests.factories import BY
from tests.robots.accessfile.applying import SOURCE, apply
from tests.robots.accessfile.files import AFTER, BEFORE

pytestmark = pytest.mark.django_db(transaction=True)


class Saboteur:
    """Counts statements, and lets one of them fail."""

    def __init__(self, failing: int | None = None) -> None:
        self.failing = failing
        self.statements: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        self.statements.append(sql)
        if len(self.statements) == self.failing:
            raise OperationalError("sabotage")
        return execute(sql, *arguments)


def dump() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for app in ("robots", "federation", "quaysite")
        for model in apps.get_app_config(app).get_models()
    }


def temporary_tables() -> int:
    where = (
        "sqlite_temp_master"
        if connection.vendor == "sqlite"
        else "pg_tables WHERE schemaname LIKE 'pg\\_temp%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {where}")  # noqa: S608 - see above
        return int(cursor.fetchone()[0])


def test_any_statement_may_fail() -> None:
    """Each one in turn, of an apply that adds, changes and removes every noun."""
    factories.user("alice")
    factories.user("bob")
    apply(BEFORE)
    file, before = read_access_file(SOURCE, AFTER.encode()), dump()
    counted = Saboteur()
    with connection.execute_wrapper(counted):
        reconcile(file, BY, prune=True, dry_run=True)
    assert dump() == before
    assert len(counted.statements) > 150
    for failing in range(1, len(counted.statements) + 1):
        saboteur = Saboteur(failing)
        with connection.execute_wrapper(saboteur), pytest.raises(OperationalError):
            reconcile(file, BY, prune=True)
        assert dump() == before, saboteur.statements[-1]
    assert temporary_tables() == 0
    reconcile(file, BY, prune=True)
    assert dump() != before


def test_a_delivery_that_fails_leaves_all_as_it_was() -> None:
    factories.user("alice")
    factories.user("bob")
    before = dump()

    def fail(_: object) -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        apply(BEFORE, deliver=fail)
    assert dump() == before
