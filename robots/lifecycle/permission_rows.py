"""Many rows of one grantee, written by the database itself from its repositories.

Ten thousand of them as objects of the ORM would take seconds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from robots.batches import batches
from robots.lifecycle.permissions import Grantee, column_of
from robots.models import Namespace, Repository, RepositoryPermission
from robots.roles import Role

_FIELDS = ("namespace", "repository", "role", "created_at", "expires_at")
_INSERT = (
    "INSERT INTO {permissions} ({namespace}, {repository}, {role}, {created_at},"
    " {expires_at}, {grantee}) SELECT {namespace}, id, %s, %s, %s, %s"
    " FROM {repositories} WHERE {namespace} = %s AND id IN ({places})"
    " ON CONFLICT ({repository}, {grantee}) DO UPDATE SET"
    " {role} = excluded.{role}, {expires_at} = excluded.{expires_at}"
)


def insert(
    namespace: Namespace,
    grantee: Grantee,
    repository_ids: Sequence[int],
    role: Role,
    until: datetime | None,
) -> int:
    """Add a permission on each repository, and say how many of them there were.

    One that a single change made just now is overwritten. Repositories of other
    namespaces, and those that are gone, are left out.
    """
    (field,) = column_of(grantee)
    values = [
        _prepared("role", role),
        _prepared("created_at", timezone.now()),
        _prepared("expires_at", until),
        grantee.pk,
        namespace.pk,
    ]
    count = 0
    with connection.cursor() as cursor:
        for ids in batches(repository_ids):
            cursor.execute(_statement(field, len(ids)), [*values, *ids])
            count += cursor.rowcount
    return count


def _statement(grantee_field: str, count: int) -> str:
    """The statement for `count` repositories; only names of tables and columns vary."""
    quote = connection.ops.quote_name
    return _INSERT.format(
        permissions=quote(RepositoryPermission._meta.db_table),
        repositories=quote(Repository._meta.db_table),
        grantee=quote(_field(grantee_field).column),
        places=", ".join(["%s"] * count),
        **{name: quote(_field(name).column) for name in _FIELDS},
    )


def _prepared(name: str, value: Any) -> Any:
    """A value as the database wants it for the field called `name`."""
    return _field(name).get_db_prep_save(value, connection)


def _field(name: str) -> Any:
    """As Any: the stubs do not know which fields have a column."""
    return RepositoryPermission._meta.get_field(name)
