"""Wanted permissions of one kind of grantee in a temporary table, and what SQL makes
of them.

Every statement is a text of `robots.lifecycle.permission_sql` with names of tables
and columns that the database quotes; whatever a person wrote is a parameter.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from robots.lifecycle import permission_sql as sql
from robots.lifecycle.planning import indexed_by, refresh_statistics
from robots.models import Namespace, PermissionChange, Repository, RepositoryPermission
from robots.models.permission_changes import Change
from robots.names import TEAM_PREFIX

Parameters = Sequence[Any]

COLLATION = {"postgresql": ' COLLATE "C"'}
"""How to sort names by code point, where the database has another order."""

_ENDINGS = {"postgresql": " ON COMMIT DROP", "sqlite": " WITHOUT ROWID"}


class Staging:
    """The table of the wanted permissions of robots, of teams, or of people.

    `kind` is the field of a permission that holds the grantee. To be used within one
    transaction; what undoes it undoes the table too.
    """

    def __init__(self, kind: str, namespace: Namespace) -> None:
        self.kind = kind
        self._namespace = namespace
        self._names = _names(kind)
        self._analyzed = self._compared = False
        self._totals: tuple[int, int] | None = None
        self._run(sql.STAGED)
        self._run(sql.DIFFERENCES)
        self._run(sql.EVENTS)

    def drop(self) -> None:
        self._run(sql.DROP_STAGED)
        self._run(sql.DROP_DIFFERENCES)
        self._run(sql.DROP_EVENTS)

    def add_rows(self, rows: Sequence[Parameters]) -> None:
        """Rows of grantee, repository, role, until, intent; no pair of them twice."""
        self._stage(sql.VALUES, _flat(rows), rows=_rows(rows))

    def add_product(
        self, grantees: Sequence[Any], repositories: QuerySet[Any], what: Parameters
    ) -> None:
        """Every grantee on every repository; `what` is role, until, intent."""
        chosen, parameters = _compiled(repositories)
        self._stage(
            sql.PRODUCT,
            [*what, *parameters, *grantees],
            chosen=chosen,
            places=_places(grantees),
        )

    def add_nothing_else(self, repository_ids: Sequence[int], intent: int) -> None:
        """Want none of the permissions there are, except those that are wanted."""
        parameters = [intent, self._namespace.pk, *repository_ids]
        self._stage(sql.NOTHING_ELSE, parameters, places=_places(repository_ids))

    def totals(self) -> tuple[int, int]:
        """Wanted rows, and grantees of them."""
        if self._totals is None:
            rows, grantees = self._row(sql.TOTALS)
            self._totals = rows, grantees
        return self._totals

    def lock_grantees(self) -> int:
        """Let calls for the same ones, and their deletion, wait; how many there are."""
        return int(self._row(sql.LOCK_GRANTEES)[0])

    def lock_repositories(self) -> None:
        """Let their deletion wait, as a row that names one would."""
        self._lock(sql.LOCK_REPOSITORIES)

    def lock_permissions(self) -> None:
        self._lock(sql.LOCK_PERMISSIONS)

    def analyze(self) -> None:
        """Tell PostgreSQL what the tables hold: nothing else would, in time."""
        if connection.vendor == "postgresql" and not self._analyzed:
            self._run(sql.ANALYZE)
            refresh_statistics([Repository, RepositoryPermission])
            self._analyzed = True

    def compare(self) -> None:
        """Find what differs from the permissions there are; most of the rest reads it.

        Each wanted row is looked up here, once.
        """
        self.analyze()
        if self._compared:
            self._run(sql.FORGET_DIFFERENCES)
        self._compared = True
        self._run(sql.COMPARE, [self._namespace.pk])

    def missing(self) -> int:
        """Wanted rows whose repository is gone, or of another namespace."""
        return int(self._row(sql.MISSING)[0])

    def counts(self) -> dict[str, dict[int, int]]:
        """By the name of a grantee: how many of each `Change`, and of 0 for none."""
        found: dict[str, dict[int, int]] = {}
        for name, change, number in self._rows(sql.COUNTS, self._label):
            numbers = found.setdefault(name, {0: 0})
            numbers[change] = numbers.get(change, 0) + number
        for numbers in found.values():
            # What was counted as 0 is every wanted row.
            numbers[0] = 2 * numbers[0] - sum(numbers.values())
        return found

    def changes(self) -> tuple[str, Parameters]:
        """A query: repository, grantee, change, role and end before, and after."""
        return self._sql(sql.CHANGES), self._label

    def groups(self) -> tuple[str, Parameters]:
        """A query: grantee's key, intent, its name, change, and how many.

        In the order of the key, the intent and the change.
        """
        return self._sql(sql.GROUPS), self._label

    def first_names(
        self, grantee: Any, intent: int, change: int, most: int
    ) -> list[str]:
        """The first repositories of a group, by name."""
        parameters = [grantee, intent, change, most]
        return [name for (name,) in self._rows(sql.FIRST_NAMES, parameters)]

    def note_events(self, rows: Sequence[Parameters]) -> None:
        """Rows of grantee, intent, and the event that tells of their changes."""
        self._run(sql.NOTE_EVENTS, _flat(rows), rows=_rows(rows))

    def write_small_print(self) -> int:
        return self._run(sql.SMALL_PRINT)

    def remove(self) -> int:
        return self._run(sql.REMOVE)

    def replace(self) -> int:
        return self._run(sql.REPLACE, [self._namespace.pk])

    def add(self, now: Any) -> int:
        _, grantees = self.totals()
        order = sql.BY_REPOSITORY if grantees > 1 else ""
        return self._run(sql.ADD, [self._namespace.pk, now], order=order)

    @property
    def _label(self) -> Parameters:
        return [self._namespace.name] if self.kind == "robot" else []

    def _stage(self, text: str, parameters: Parameters, **more: str) -> None:
        self._analyzed, self._totals = False, None
        self._run(text, parameters, **more)

    def _lock(self, text: str) -> None:
        """Nothing where one transaction at a time writes, as in SQLite."""
        if connection.features.has_select_for_update:
            self._row(text)

    def _sql(self, text: str, **more: str) -> str:
        return text.format(**self._names, **more)

    def _run(self, text: str, parameters: Parameters = (), **more: str) -> int:
        """How many rows it concerned."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql(text, **more), list(parameters))
            return int(cursor.rowcount)

    def _row(self, text: str, parameters: Parameters = ()) -> Any:
        return self._rows(text, parameters)[0]

    def _rows(self, text: str, parameters: Parameters = ()) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self._sql(text), list(parameters))
            return list(cursor.fetchall())


def prepared(name: str, value: Any) -> Any:
    """A value as the database wants it for a permission's field called `name`."""
    return _field(name).get_db_prep_save(value, connection)


def read_moment(value: Any) -> Any:
    """A time that a plain query found, with its zone."""
    column = _field("expires_at").get_col("permissions")
    for convert in connection.ops.get_db_converters(column):
        value = convert(value, column, connection)
    return value


def _names(kind: str) -> dict[str, str]:
    """Names of tables and columns, quoted, and what differs between databases."""
    quote, field = connection.ops.quote_name, _field(kind)
    token, people = secrets.token_hex(8), field.related_model
    shown = getattr(people, "USERNAME_FIELD", "name")
    name = quote(people._meta.get_field(shown).column)
    labels = {"robot": f"%s || '+' || g.{name}", "team": f"'{TEAM_PREFIX}' || g.{name}"}
    names = {
        "staged": quote(f"wanted_{kind}_{token}"),
        "differences": quote(f"differences_{kind}_{token}"),
        "events": quote(f"events_{kind}_{token}"),
        "permissions": quote(RepositoryPermission._meta.db_table),
        "repositories": quote(Repository._meta.db_table),
        "changes": quote(PermissionChange._meta.db_table),
        "grantees": quote(people._meta.db_table),
        "grantee_key": quote(people._meta.pk.column),
        "grantee": quote(field.column),
        "label": labels.get(kind, f"g.{name}"),
        **_types(kind),
        **_indexes(kind, people),
        **_changes(),
        **_locks(),
    }
    names |= {key: text.format(**names) for key, text in sql.FRAGMENTS.items()}
    return {**names, "change": sql.CHANGE.format(**names)}


def _types(kind: str) -> dict[str, str]:
    return {
        "key_type": _field(kind).db_type(connection),
        "role_type": _field("role").db_type(connection),
        "until_type": _field("expires_at").db_type(connection),
        "name_type": Repository._meta.get_field("name").db_type(connection),
        "ending": _ENDINGS.get(connection.vendor, ""),
        "collation": COLLATION.get(connection.vendor, ""),
    }


def _indexes(kind: str, people: Any) -> dict[str, str]:
    """Empty where the database cannot be told which index to use."""
    by_key = "" if kind == "user" else indexed_by(people, "id", "namespace")
    return {
        "by_grantee": indexed_by(RepositoryPermission, "repository", kind),
        "by_repository": indexed_by(Repository, "id", "namespace"),
        "by_key": by_key,
    }


def _changes() -> dict[str, str]:
    return {**{change.label: str(change.value) for change in Change}, "missing": "-1"}


def _locks() -> dict[str, str]:
    """Empty where one transaction at a time writes, as in SQLite."""
    if not connection.features.has_select_for_update:
        return {"no_key_update": "", "key_share": "", "update_of_p": ""}
    ops = connection.ops
    return {
        "no_key_update": ops.for_update_sql(no_key=True),
        "key_share": "FOR KEY SHARE",
        "update_of_p": ops.for_update_sql(of=("p",)),
    }


def _flat(rows: Sequence[Parameters]) -> Parameters:
    return [value for row in rows for value in row]


def _rows(rows: Sequence[Parameters]) -> str:
    return ", ".join([f"({_places(rows[0])})"] * len(rows))


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _compiled(repositories: QuerySet[Any]) -> tuple[str, Parameters]:
    """A query of `chosen_id` as its SQL and parameters."""
    compiler = repositories.query.get_compiler(connection=connection)
    text, parameters = compiler.as_sql()
    return str(text), list(parameters)


def _field(name: str) -> Any:
    """As Any: the stubs do not know which fields have a column."""
    return RepositoryPermission._meta.get_field(name)
