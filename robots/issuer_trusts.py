"""Which robots trust an issuer. This app keeps no trusts: another one tells where.

`federation` registers itself here when it is installed; without it no robot trusts
anybody.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from robots.models import Robot

_paths: list[str] = []


def register(path: str) -> None:
    """Let `path` lead from a robot to the issuers that its trusts name."""
    _paths[:] = [path]


def robots_trusting(issuers: Iterable[str] | QuerySet[Any]) -> QuerySet[Robot]:
    """Robots with a trust that names one of the issuers, whether it counts or not."""
    if not _paths:
        return Robot.objects.none()
    found = Robot.objects.filter(**{f"{_paths[0]}__in": issuers})
    return found.order_by().distinct()


def issuers_trusted(robots: QuerySet[Robot]) -> QuerySet[Any, Any]:
    """The issuers that trusts of these robots name, for a subquery."""
    if not _paths:
        return robots.none().values("name")
    issuers: QuerySet[Any, Any] = robots.order_by().values(_paths[0])
    return issuers
