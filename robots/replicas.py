"""Queries that a replica of PostgreSQL may answer, as long as it proves to be fresh.

A replica only ever says yes: callers ask the primary again before they refuse.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import Error, connections, models
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from robots.prepared import PreparedQuery
from robots.replica_watch import ALIAS, SECONDS, SEEN, watch
from robots.statements import Row


class ReplicatedQuery(PreparedQuery):
    """A prepared query; `replica_rows` runs it on the replica instead."""

    def __init__(
        self,
        model: type[models.Model],
        build: Callable[[], models.QuerySet[Any, Any]],
    ) -> None:
        super().__init__(model, build)
        self._on_replica = PreparedQuery(
            model, lambda: build().annotate(seen=_Seen()), SECONDS
        )

    def replica_rows(self, values: Mapping[str, Any]) -> list[Row] | None:
        """What the replica knows, at most DATABASE_REPLICA_MAX_LAG seconds old.

        None if there is no replica, or none that is well. A missing row says nothing:
        whoever finds less than it needs must ask `rows`.
        """
        if not watch.is_usable():
            return None
        try:
            rows = self._on_replica.rows(values, using=ALIAS)
        except Error as error:
            watch.give_up(type(error).__name__)
            # Whether it is of use yet must not be asked of a server that may hang.
            connections[ALIAS].close()
            return None
        if not all(map(watch.is_fresh, {row[-1] for row in rows})):
            watch.give_up("it is no standby, or too far behind")
            return None
        return [row[:-1] for row in rows]


class _Seen(Expression):
    """The beat that the statement sees (`SEEN`)."""

    def __init__(self) -> None:
        super().__init__(output_field=models.DateTimeField())

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return SEEN, []
