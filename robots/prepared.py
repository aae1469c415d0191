"""ORM queries that are built and compiled once, then run with new values.

Building and compiling a queryset costs many times what running it does, and the
token endpoint runs the same two for ever. Write `Parameter("name")` where a
value would stand, and `PreparedQuery.rows(name=value)` binds it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from robots.statements import Row, Statement


class Parameter(Expression):
    """A place in a query for a value that is given when the query is run."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        # The parameter list carries this object itself, until `rows` binds it.
        return "%s", [self]


class PreparedQuery:
    """A values_list() queryset, compiled at first use for each database."""

    def __init__(
        self,
        model: type[models.Model],
        build: Callable[[], models.QuerySet[Any, Any]],
        seconds: float | None = None,
        repeated: int = 0,
    ) -> None:
        """`seconds` is how long PostgreSQL may take; None for as long as it will.

        The first so many columns are the same, `repeated`, in all rows whose very first
        is: they are converted once.
        """
        self._model = model
        self._build = build
        self._seconds = seconds
        self._repeated = repeated
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, values: Mapping[str, Any], using: str | None = None) -> list[Row]:
        """Run it with `values` as its parameters; all rows, as the ORM returns them.

        `using` names the database to ask, in place of the one for reading.
        """
        alias = using or router.db_for_read(self._model)
        connection = connections[alias]
        compiled = self._compiled.get(alias)
        if compiled is None:
            compiled = self._compiled[alias] = _Compiled(
                self._build(), connection, self._seconds, self._repeated
            )
        return compiled.run(connection, values)


class _Compiled:
    """A statement, its parameters in order, and how to convert them and its columns.

    A parameter that stands in several places is converted once.
    """

    def __init__(
        self,
        queryset: models.QuerySet[Any, Any],
        connection: BaseDatabaseWrapper,
        seconds: float | None,
        repeated: int,
    ) -> None:
        compiler = queryset.query.get_compiler(using=connection.alias)
        sql, params = compiler.as_sql()
        self._statement = Statement(sql, seconds)
        named = {param.name: param for param in params if isinstance(param, Parameter)}
        self._binders = [
            (name, _binder(param.output_field, connection))
            for name, param in named.items()
        ]
        self._constants: dict[str | int, Any] = {
            place: param
            for place, param in enumerate(params)
            if not isinstance(param, Parameter)
        }
        self._order: list[str | int] = [
            param.name if isinstance(param, Parameter) else place
            for place, param in enumerate(params)
        ]
        columns = [column for column, _sql, _name in compiler.select]
        self._converters = [
            (place, convert, expression)
            for place, (converters, expression) in compiler.get_converters(
                columns
            ).items()
            for convert in converters
        ]
        is_early = all(place < repeated for place, *_ in self._converters)
        self._repeated = repeated if is_early else 0

    def run(
        self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]
    ) -> list[Row]:
        bound = self._constants.copy()
        for name, bind in self._binders:
            bound[name] = bind(values[name]) if bind else values[name]
        rows = self._statement.rows(connection, [bound[key] for key in self._order])
        if not self._converters:
            return rows
        if not self._repeated:
            return [self._converted(row, connection) for row in rows]
        return self._converted_once(rows, connection)

    def _converted_once(
        self, rows: list[Row], connection: BaseDatabaseWrapper
    ) -> list[Row]:
        width, found = self._repeated, []
        begins: dict[Any, Row] = {}
        for row in rows:
            begin = begins.get(row[0])
            if begin is None:
                converted = self._converted(row, connection)
                begin = begins[row[0]] = converted[:width]
            found.append(begin + row[width:])
        return found

    def _converted(self, row: Row, connection: BaseDatabaseWrapper) -> Row:
        values = list(row)
        for place, convert, expression in self._converters:
            values[place] = convert(values[place], expression, connection)
        return tuple(values)


def _binder(
    field: "models.Field[Any, Any]", connection: BaseDatabaseWrapper
) -> Callable[[Any], Any] | None:
    """How the driver wants a field's values; None where it takes them as they are."""
    if isinstance(field, models.CharField | models.BigIntegerField):
        return None
    if isinstance(field, models.DateTimeField):
        if connection.vendor == "sqlite" and connection.timezone is UTC:
            return _utc_text
        return connection.ops.adapt_datetimefield_value
    raise TypeError(f"a parameter cannot be a {type(field).__name__}")


def _utc_text(moment: datetime) -> str:
    """What SQLite compares, where Django keeps times in UTC; as Django writes it."""
    return moment.astimezone(UTC).isoformat(" ").removesuffix("+00:00")
