"""Grants that a robot's login finds on its way, so that the decision need not ask.

A robot has rights in its own namespace only. Where all that it will ask for is there,
the statement that looks up its token reads them too: one journey to the database in
place of two, and one moment that both are of.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import FilteredRelation, OuterRef, Q, QuerySet, Subquery

from robots.grants import (
    MAX_REPOSITORIES,
    REPOSITORY_COLUMNS,
    Grantee,
    GrantRow,
    memberships,
    padded_to_size,
    repository_columns,
    role_columns,
)
from robots.identity import Identity, Kind
from robots.names import RepositoryName
from robots.prepared import Parameter
from robots.statements import Row

COLUMNS = REPOSITORY_COLUMNS
"""What `with_grants` adds to each row of a query, in this order."""


_NAMES = tuple(f"repository{n}" for n in range(MAX_REPOSITORIES))
"""Of the parameters that name the repositories."""


class LoginGrants:
    """What one login will ask for, and its grants once the login has found them."""

    def __init__(self, repositories: Sequence[RepositoryName]) -> None:
        self._repositories = repositories
        self._robot_id: int | None = None
        self._rows: list[GrantRow] = []

    def are_all_in(self, namespace: str) -> bool:
        """Whether there are some, and none of another namespace."""
        return {asked.namespace for asked in self._repositories} == {namespace}

    def parameters(self) -> dict[str, str]:
        """Those of a query that `with_grants` made; as many as it has room for."""
        padded = padded_to_size(self._repositories)
        return {name: asked.name for name, asked in zip(_NAMES, padded, strict=False)}

    def keep(
        self, robot_id: int, namespace: tuple[str, int, bool, bool], rows: Sequence[Row]
    ) -> None:
        """What a robot's login found: name, key and state of its namespace and of that
        one's owner, and COLUMNS of each repository that there is.
        """
        name, key, enabled, owner_is_active = namespace
        # Who owns it matters to people only.
        here = (name, key, enabled, None, owner_is_active)
        self._robot_id = robot_id
        self._rows = [GrantRow._make((*here, *row)) for row in rows]

    def rows_for(
        self, identity: Identity, repositories: Sequence[RepositoryName]
    ) -> list[GrantRow] | None:
        """As `grants.grant_rows`; None where the login did not find all of that."""
        if self.are_of(identity) and set(repositories) <= set(self._repositories):
            return self._rows
        return None

    def are_of(self, identity: Identity) -> bool:
        """Whether it is the login of this identity that found something."""
        return (
            self._robot_id is not None
            and identity.kind is Kind.ROBOT
            and identity.id == self._robot_id
        )


def with_grants(
    tokens: QuerySet[Any, Any], size: int, only: QuerySet[Any, Any] | None = None
) -> QuerySet[Any, Any]:
    """Tokens of robots, each once for every repository of `size` names that exists in
    the robot's namespace, and once if none does; annotated with COLUMNS.

    `only` finds the same token where there can be but one. What the robot is in its
    teams is then looked up once; a database asks what names a row for each row again.
    """
    relation = "robot__namespace__repositories"
    names = [Parameter(name, models.CharField()) for name in _NAMES[:size]]
    asked = FilteredRelation(relation, condition=Q(**{f"{relation}__name__in": names}))
    now = Parameter("now", models.DateTimeField())
    grantee = Grantee("robot", OuterRef("robot_id"), now)
    member = grantee if only is None else grantee._replace(id=_of(only, "robot_id"))
    here = "robot__namespace_id"
    namespace = OuterRef(here) if only is None else _of(only, here)
    roles = role_columns(grantee, memberships(member).filter(namespace=namespace))
    rows: QuerySet[Any, Any] = tokens.alias(asked=asked).annotate(
        **repository_columns("asked"), **roles
    )
    return rows


def _of(only: QuerySet[Any, Any], column: str) -> Subquery:
    return Subquery(only.order_by().values(column))
