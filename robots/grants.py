"""Every source of a grant, written once: what lists filter by and decisions read.

`robots.access` calls it, and `robots.login_grants` for it. A grantee is named by a
column (`user` or `robot`) and a value, which may be a `Parameter` of a prepared query.
"""

from collections.abc import Sequence
from functools import cache, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import models
from django.db.models import (
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from robots.identity import Identity, Kind
from robots.models import Namespace, RepositoryPermission, TeamMember
from robots.names import RepositoryName
from robots.prepared import Parameter
from robots.replicas import ReplicatedQuery
from robots.statements import Row
from robots.unexpired import unexpired

MAX_REPOSITORIES = 100
"""The most repositories one grant query is asked about."""

_SIZES = (1, 2, 4, 10, 25, MAX_REPOSITORIES)
"""Questions are padded to one of these, so that few statements are compiled."""

REPOSITORY_COLUMNS = (
    "repository_id",
    "repository_name",
    "visibility",
    "state",
    "mirror_robot",
    "direct_role",
    "via_team_role",
    "team_role",
)
"""What is asked of each repository: how a GrantRow ends."""


class Grantee(NamedTuple):
    """Whose grants: the column that names it, its value, and the time that counts."""

    column: str
    id: Any
    now: Any


class GrantRow(NamedTuple):
    """One namespace, and one of the repositories asked about if it exists there."""

    namespace_name: str
    namespace_id: int
    namespace_enabled: bool
    owner_id: int | None
    owner_is_active: bool
    repository_id: int | None
    repository_name: str | None
    visibility: int | None
    state: int | None
    mirror_robot_id: int | None
    direct_role: int | None
    via_team_role: int | None
    team_role: int | None


def live_permissions(now: Any) -> QuerySet[RepositoryPermission]:
    """The permissions that count at `now`: those that have not ended."""
    return RepositoryPermission.objects.filter(unexpired(now))


def direct_permissions(grantee: Grantee) -> QuerySet[RepositoryPermission]:
    """Unexpired permissions that name the grantee itself."""
    return live_permissions(grantee.now).filter(**{grantee.column: grantee.id})


def team_permissions(grantee: Grantee) -> QuerySet[RepositoryPermission]:
    """Unexpired permissions of teams that the grantee is in."""
    member = {f"team__members__{grantee.column}": grantee.id}
    return live_permissions(grantee.now).filter(**member)


def memberships(grantee: Grantee) -> QuerySet[TeamMember]:
    """The grantee's memberships in teams."""
    return TeamMember.objects.filter(**{grantee.column: grantee.id})


def usable_namespaces(prefix: str = "") -> Q:
    """Enabled ones whose owner, if there is one, is active."""
    owner = f"{prefix}owner"
    return Q(**{f"{prefix}enabled": True}) & (
        Q(**{f"{owner}__isnull": True}) | Q(**{f"{owner}__is_active": True})
    )


def grant_rows(
    identity: Identity, repositories: Sequence[RepositoryName], now: Any
) -> list[GrantRow]:
    """One query: everything that bears on what `identity` may do to `repositories`.

    A namespace that exists yields at least one row, whether or not any of its
    repositories does. Raises ValueError past MAX_REPOSITORIES.
    """
    query, values = _question(identity, repositories, now)
    return _grant_rows(query.rows(values))


def replica_grant_rows(
    identity: Identity, repositories: Sequence[RepositoryName], now: Any
) -> list[GrantRow] | None:
    """The same as the replica knows it; None if it cannot be asked."""
    query, values = _question(identity, repositories, now)
    rows = query.replica_rows(values)
    return None if rows is None else _grant_rows(rows)


def _grant_rows(rows: Sequence[Row]) -> list[GrantRow]:
    return [GrantRow._make(row) for row in rows]


def _question(
    identity: Identity, repositories: Sequence[RepositoryName], now: Any
) -> tuple[ReplicatedQuery, dict[str, Any]]:
    """The query that has room for the repositories, and its parameters."""
    padded = padded_to_size(repositories)
    values: dict[str, Any] = {"grantee": identity.id, "now": now}
    for position, repository in enumerate(padded):
        values[f"namespace{position}"] = repository.namespace
        values[f"repository{position}"] = repository.name
    kind = None if identity.is_anonymous else identity.kind
    return _prepared(kind, len(padded)), values


def padded_to_size(repositories: Sequence[RepositoryName]) -> list[RepositoryName]:
    """The same, and the last one again until there are as many as a statement has
    room for. Raises ValueError past MAX_REPOSITORIES.
    """
    if len(repositories) > MAX_REPOSITORIES:
        raise ValueError(f"more than {MAX_REPOSITORIES} repositories in one question")
    size = next(size for size in _SIZES if size >= len(repositories))
    return [*repositories, *[repositories[-1]] * (size - len(repositories))]


@cache
def _prepared(kind: Kind | None, size: int) -> ReplicatedQuery:
    return ReplicatedQuery(Namespace, lambda: _grant_query(kind, size))


def _grant_query(kind: Kind | None, size: int) -> QuerySet[Any, Any]:
    namespaces = [_name(f"namespace{n}") for n in range(size)]
    repositories = [_name(f"repository{n}") for n in range(size)]
    pairs = [
        Q(name=namespace, repositories__name=repository)
        for namespace, repository in zip(namespaces, repositories, strict=True)
    ]
    # The pairs alone would read every repository of a namespace: databases look
    # up (namespace, name) in the index for IN, but not for OR.
    condition = Q(repositories__name__in=repositories) & reduce(or_, pairs)
    asked = FilteredRelation("repositories", condition=condition)
    rows = Namespace.objects.filter(name__in=namespaces).order_by().alias(asked=asked)
    return rows.annotate(
        owner_is_active=Coalesce("owner__is_active", Value(True)),
        **repository_columns("asked"),
        **_role_columns(kind),
    ).values_list(
        "name", "id", "enabled", "owner_id", "owner_is_active", *REPOSITORY_COLUMNS
    )


def repository_columns(relation: str) -> dict[str, Any]:
    """The first of REPOSITORY_COLUMNS, of the repositories in a filtered relation."""
    return {
        "repository_id": F(f"{relation}__id"),
        "repository_name": F(f"{relation}__name"),
        "visibility": F(f"{relation}__visibility"),
        "state": F(f"{relation}__state"),
        "mirror_robot": F(f"{relation}__mirror_robot_id"),
    }


def _role_columns(kind: Kind | None) -> dict[str, Any]:
    if kind is None:
        nothing = Value(None, output_field=models.PositiveSmallIntegerField())
        return dict.fromkeys(("direct_role", "via_team_role", "team_role"), nothing)
    grantee = Grantee(
        kind.value,
        Parameter("grantee", models.BigIntegerField()),
        Parameter("now", models.DateTimeField()),
    )
    return role_columns(grantee, memberships(grantee).filter(namespace=OuterRef("pk")))


def role_columns(grantee: Grantee, member_here: QuerySet[TeamMember]) -> dict[str, Any]:
    """The rest of REPOSITORY_COLUMNS, beside the `repository_columns` of a query;
    `member_here` are the grantee's memberships in the repository's namespace.
    """
    asked = OuterRef("repository_id")
    return {
        "direct_role": _highest(
            direct_permissions(grantee).filter(repository=asked), "role"
        ),
        "via_team_role": _highest(
            team_permissions(grantee).filter(repository=asked), "role"
        ),
        "team_role": _highest(member_here, "team__role"),
    }


def _highest(rows: QuerySet[Any, Any], role: str) -> Subquery:
    return _Highest(rows.order_by().values(highest=F(role)))


class _Highest(Subquery):
    """The highest value of a query's one column; null if it finds no row.

    PostgreSQL sorts a row or two faster than it aggregates them, SQLite does not.
    """

    template = "(%(subquery)s ORDER BY 1 DESC LIMIT 1)"

    def get_db_converters(self, connection: Any) -> list[Any]:
        """None: both return integers as integers. Django would call int() on each."""
        return []

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        template = "(SELECT MAX(highest) FROM (%(subquery)s))"
        return self.as_sql(compiler, connection, template=template, **extra)


def _name(parameter: str) -> Parameter:
    return Parameter(parameter, models.CharField())
