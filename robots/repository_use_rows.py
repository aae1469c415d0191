"""Many uses of repositories, written by one statement of the database's own.

Raises what the database raises; rows whose repository, robot or person is gone are
passed over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model

from robots.identity import Kind
from robots.models import Repository, RepositoryUse, Robot
from robots.statements import write_once

OLDEST = timedelta(days=1)
"""No use is written as older: a clock that is wrong must not make the history of uses
longer than it is, and the last use is never before the first."""

_UPSERT = (
    "WITH told(repository, caller, act, used_first, used_last) AS (VALUES {places})"
    " INSERT INTO {uses} ({repository}, {caller}, {action}, {first}, {last})"
    " SELECT told.repository, told.caller, told.act, told.used_first, told.used_last"
    " FROM told JOIN {repositories} r ON r.{repository_key} = told.repository"
    " JOIN {callers} c ON c.{caller_key} = told.caller WHERE true"
    " ORDER BY told.repository, told.caller, told.act"
    " ON CONFLICT ({repository}, {caller}, {action}) DO UPDATE"
    " SET {last} = excluded.{last} WHERE {uses}.{last} < excluded.{last}"
)


class Use(NamedTuple):
    """One action of one robot or person on one repository."""

    repository_id: int
    caller_id: int
    action: str
    first: datetime
    last: datetime


def write(kind: Kind, uses: Sequence[Use], now: datetime) -> None:
    """Add the uses of robots or of people; of one that is there the later end counts.

    Each repository, caller and action at most once. What is said to be later than
    `now` counts as now, and what is said to be older than OLDEST as that old.
    """
    oldest = now - OLDEST
    # The uses of one request are of one moment: each is made ready once.
    ready: dict[datetime, Any] = {}
    values: list[Any] = []
    for use in uses:
        for said in (use.first, use.last):
            if said not in ready:
                ready[said] = _prepared(min(max(said, oldest), now))
        first, last = ready[use.first], ready[use.last]
        values += [use.repository_id, use.caller_id, use.action, first, last]
    write_once(connection, _statement(kind, len(uses)), values)


def _statement(kind: Kind, count: int) -> str:
    """Only names of tables and columns vary, and the number of places."""
    quote = connection.ops.quote_name
    callers: type[Model] = Robot if kind is Kind.ROBOT else get_user_model()
    return _UPSERT.format(
        places=", ".join(["(%s, %s, %s, %s, %s)"] * count),
        uses=quote(RepositoryUse._meta.db_table),
        repository=_column("repository"),
        caller=_column(kind.value),
        action=_column("action"),
        first=_column("first_used_at"),
        last=_column("last_used_at"),
        repositories=quote(Repository._meta.db_table),
        repository_key=_key(Repository),
        callers=quote(callers._meta.db_table),
        caller_key=_key(callers),
    )


def _column(name: str) -> str:
    return connection.ops.quote_name(_field(name).column)


def _key(model: type[Model]) -> str:
    field: Any = model._meta.pk
    return connection.ops.quote_name(field.column)


def _prepared(moment: datetime) -> Any:
    """A moment as the database wants it, for either of the two."""
    return _field("last_used_at").get_db_prep_save(moment, connection)


def _field(name: str) -> Any:
    """As Any: the stubs do not know which fields have a column."""
    return RepositoryUse._meta.get_field(name)
