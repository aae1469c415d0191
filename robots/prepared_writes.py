"""Rows that are written together, if one that they depend on is still as it was.

Building and compiling what the ORM would run costs many times what running it does,
and PostgreSQL is a journey away for each statement. So the statements are made once
(see `robots.prepared`), and on PostgreSQL they are one: it is a transaction by itself,
and all of it happens or nothing. Elsewhere they are run in turn, in a transaction.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql import UpdateQuery
from django.utils import timezone

from robots.prepared import Parameter
from robots.statements import Statement

Values = Mapping[str, Any]
Build = Callable[[], tuple[QuerySet[Any, Any], Values]]

_FOUND = "found"

_PLAIN: Mapping[type, type] = {
    models.CharField: str,
    models.TextField: str,
    models.PositiveIntegerField: int,
    models.BigAutoField: int,
}
"""Fields, and what each of them gives to the driver just as it is."""


class Added:
    """A row to add, of which `links` name columns that take the key of another one.

    `Added(FederatedToken, token_id="token")` belongs to the row called `token`, which
    has to come before it.
    """

    def __init__(self, model: type[models.Model], **links: str) -> None:
        self.model = model
        self.links = links


class PreparedWrites:
    """An update of one row, and rows that are added if it finds that row.

    What is added is what `Model.objects.create` would add; `save` is not called, and
    no signal is sent.
    """

    def __init__(self, model: type[models.Model], build: Build, **added: Added) -> None:
        """`build` says which row of `model` to update, and with what.

        What is known only when it is run is a `Parameter` there. `added` gives names
        to the rows that are added, in the order of adding them.
        """
        self._model = model
        self._build = build
        self._added = added
        self._compiled: dict[tuple[str, ...], _InTurn | _AtOnce] = {}

    def run(self, update: Values, **rows: Values) -> bool:
        """Write it all; False, with nothing written, if there was no row to update.

        `rows` has the values of those rows to add that are wanted this time. Raises
        django.db's errors, IntegrityError if any row may not be: nothing is written.
        """
        alias = router.db_for_write(self._model)
        connection = connections[alias]
        variant = (alias, *rows)
        compiled = self._compiled.get(variant)
        if compiled is None:
            compiled = self._compiled[variant] = self._compile(connection, rows)
        return compiled.run(connection, update, rows)

    def _compile(
        self, connection: BaseDatabaseWrapper, rows: Values
    ) -> "_InTurn | _AtOnce":
        if unknown := rows.keys() - self._added.keys():
            raise TypeError(f"no such rows: {', '.join(sorted(unknown))}")
        # Django compiles a lock only where there is a transaction to hold it.
        with transaction.atomic(using=connection.alias):
            update = _Update(*self._build(), connection)
        inserts = {
            name: _Insert(added, connection)
            for name, added in self._added.items()
            if name in rows
        }
        is_one = connection.vendor == "postgresql"
        return (_AtOnce if is_one else _InTurn)(update, inserts)


class _Update:
    """The text of an update, and its parameters in order."""

    def __init__(
        self, rows: QuerySet[Any, Any], values: Values, connection: BaseDatabaseWrapper
    ) -> None:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(values)
        sql, self._parameters = query.get_compiler(connection=connection).as_sql()
        self.sql = f"{sql} RETURNING 1"

    def bound(self, connection: BaseDatabaseWrapper, values: Values) -> list[Any]:
        return [
            param.output_field.get_db_prep_value(values[param.name], connection)
            if isinstance(param, Parameter)
            else param
            for param in self._parameters
        ]


class _Insert:
    """The columns of a new row, except for a key that the database makes."""

    def __init__(self, added: Added, connection: BaseDatabaseWrapper) -> None:
        quote, meta = connection.ops.quote_name, added.model._meta
        fields = {field.attname: field for field in meta.concrete_fields}
        linked = [fields.pop(name) for name in added.links]
        columns = [
            field
            for field in fields.values()
            if not isinstance(field, models.AutoField | models.BigAutoField)
        ]
        names = [quote(str(field.column)) for field in (*columns, *linked)]
        self.model = added.model
        self.into = f"INSERT INTO {quote(meta.db_table)} ({', '.join(names)})"
        self.returning = f"RETURNING {quote(str(meta.pk.column))}"
        self.links = tuple(added.links.values())
        self.places = ["%s"] * len(columns)
        self._fields = [
            (field.attname, field, _plain(field), _default(field)) for field in columns
        ]
        self._names = {field.attname for field in columns}

    def bound(self, connection: BaseDatabaseWrapper, values: Values) -> list[Any]:
        """As the driver takes them, the links left out. TypeError for unknown ones."""
        if not values.keys() <= self._names:
            unknown = ", ".join(sorted(values.keys() - self._names))
            raise TypeError(f"{self.model.__name__} takes no {unknown}")
        bound = []
        for name, field, plain, default in self._fields:
            value = values[name] if name in values else default()
            if value is not None and type(value) is not plain:
                value = field.get_db_prep_save(value, connection)
            bound.append(value)
        return bound


def _plain(field: "models.Field[Any, Any]") -> type | None:
    """Of which type values need no conversion; None if they always do."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return _PLAIN.get(type(target))


def _default(field: "models.Field[Any, Any]") -> Callable[[], Any]:
    """What makes a field's value where none is given."""
    is_clock = getattr(field, "auto_now_add", False) or getattr(
        field, "auto_now", False
    )
    return timezone.now if is_clock else field.get_default


class _InTurn:
    """One statement after the other, in a transaction."""

    def __init__(self, update: _Update, inserts: Mapping[str, _Insert]) -> None:
        self._update, self._updating = update, Statement(update.sql)
        self._inserts = inserts
        self._inserting = {
            name: Statement(
                f"{insert.into} VALUES"
                f" ({', '.join([*insert.places, *('%s' for _ in insert.links)])})"
                f" {insert.returning}"
            )
            for name, insert in inserts.items()
        }

    def run(
        self, connection: BaseDatabaseWrapper, update: Values, rows: Mapping[str, Any]
    ) -> bool:
        # Before the transaction: SQLite has one at a time, and others wait for it.
        updated = self._update.bound(connection, update)
        bound = {
            name: insert.bound(connection, rows[name])
            for name, insert in self._inserts.items()
        }
        keys: dict[str, Any] = {}
        with transaction.atomic(using=connection.alias):
            if not self._updating.rows(connection, updated):
                return False
            for name, insert in self._inserts.items():
                links = [keys[row] for row in insert.links]
                values = [*bound[name], *links]
                ((keys[name],),) = self._inserting[name].rows(connection, values)
        return True


class _AtOnce:
    """One statement of PostgreSQL, with a common table expression for each row."""

    def __init__(self, update: _Update, inserts: Mapping[str, _Insert]) -> None:
        self._update, self._inserts = update, inserts
        steps = [f"{_FOUND} AS ({update.sql} AS one)"]
        for name, insert in inserts.items():
            links = [f"new_{row}" for row in insert.links]
            values = [*insert.places, *(f"{link}.key" for link in links)]
            row = ", ".join((_FOUND, *links))
            # Names of ours and of models, and places for values: nothing from outside.
            added = f"{insert.into} SELECT {', '.join(values)} FROM {row}"  # noqa: S608
            steps.append(f"new_{name} (key) AS ({added} {insert.returning})")
        text = f"WITH {', '.join(steps)} SELECT one FROM {_FOUND}"  # noqa: S608
        self._statement = Statement(text)

    def run(
        self, connection: BaseDatabaseWrapper, update: Values, rows: Mapping[str, Any]
    ) -> bool:
        bound = self._update.bound(connection, update)
        for name, insert in self._inserts.items():
            bound += insert.bound(connection, rows[name])
        with _by_itself(connection):
            return bool(self._statement.rows(connection, bound))


def _by_itself(connection: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """Nothing, for a statement that is a transaction; a savepoint within another."""
    if connection.get_autocommit():
        return nullcontext()
    return transaction.atomic(using=connection.alias)
