"""ORM queries that are built and compiled once, then run with new values.

Building and compiling a queryset costs many times what running it does, and the
token endpoint runs the same two for ever. Write `Parameter("name")` where a
value would stand, and `PreparedQuery.rows(name=value)` binds it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import connections, models, router
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler


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
    ) -> None:
        self._model = model
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def rows(
        self, values: Mapping[str, Any], using: str | None = None
    ) -> list[tuple[Any, ...]]:
        """Run it with `values` as its parameters; all rows, as the ORM returns them.

        `using` names the database to ask, in place of the one for reading.
        """
        alias = using or router.db_for_read(self._model)
        compiled = self._compiled.get(alias)
        if compiled is None:
            compiled = self._compiled[alias] = _Compiled(self._build(), alias)
        return compiled.run(alias, values)


class _Compiled:
    """SQL text, its parameters in order, and how to convert each column."""

    def __init__(self, queryset: models.QuerySet[Any, Any], alias: str) -> None:
        compiler = queryset.query.get_compiler(using=alias)
        self.sql, self.params = compiler.as_sql()
        columns = [column for column, _sql, _name in compiler.select]
        self.converters = compiler.get_converters(columns)

    def run(self, alias: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        connection = connections[alias]
        bound = [
            param.output_field.get_db_prep_value(values[param.name], connection)
            if isinstance(param, Parameter)
            else param
            for param in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, bound)
            rows = cursor.fetchall()
        return list(self._converted(rows, connection)) if self.converters else rows

    def _converted(
        self, rows: list[tuple[Any, ...]], connection: Any
    ) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            values = list(row)
            for position, (converters, expression) in self.converters.items():
                for convert in converters:
                    values[position] = convert(values[position], expression, connection)
            yield tuple(values)
