"""What was used of a repository permission, as expressions of queries about many.

A use counts for a robot's or a person's own permission, and for that of each team the
robot or the person is in now: nobody can tell by which of them it was allowed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, NullIf

from robots.models import RepositoryUse
from robots.roles import Role

NOTHING = 0
"""The role, as a number, of who used nothing."""

_Value = Callable[[QuerySet[RepositoryUse]], Subquery]

_NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC), output_field=DateTimeField())
_NEEDED = Case(
    When(action="delete", then=Value(int(Role.ADMIN))),
    When(action="push", then=Value(int(Role.WRITE))),
    default=Value(int(Role.READ)),
    output_field=IntegerField(),
)


def used_role(begin: datetime) -> Case:
    """The least role, as a number, that allows what was used since `begin`."""
    return _of_permission(lambda uses: _highest_since(uses, begin), Value(NOTHING))


def last_use() -> NullIf:
    """When a permission was used last, by whatever action; NULL for never."""
    return NullIf(_of_permission(last_of, _NEVER), _NEVER)


def last_of(uses: QuerySet[RepositoryUse]) -> Subquery:
    """The latest of these uses."""
    return Subquery(uses.order_by("-last_used_at").values("last_used_at")[:1])


def _highest_since(uses: QuerySet[RepositoryUse], begin: datetime) -> Subquery:
    used = uses.filter(last_used_at__gte=begin).order_by().annotate(needs=_NEEDED)
    return Subquery(used.order_by("-needs").values("needs")[:1])


def _of_permission(value: _Value, nothing: Value) -> Case:
    """`value` of the uses that count for a permission, whoever has it."""
    here = RepositoryUse.objects.filter(repository=OuterRef("repository_id"))

    def of(**callers: str) -> Any:
        named = {path: OuterRef(column) for path, column in callers.items()}
        return Coalesce(value(here.filter(**named)), nothing)

    # Coalesced first: SQLite's greatest of two is NULL if either is.
    of_team = Greatest(
        of(robot__team_memberships__team="team_id"),
        of(user__team_memberships__team="team_id"),
    )
    return Case(
        When(robot__isnull=False, then=of(robot="robot_id")),
        When(user__isnull=False, then=of(user="user_id")),
        default=of_team,
    )
