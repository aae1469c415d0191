"""Whether an emergency switch stops a robot, asked at its every use (rule R5).

Nothing is kept in memory, so that a switch works at the next request everywhere.
Queries that read a robot's row anyway read the switches with it: `columns`.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery

from robots.models import EmergencySwitch, Namespace
from robots.prepared import Parameter, PreparedQuery


def switches_on(now: Any) -> QuerySet[EmergencySwitch]:
    """Those that have not ended at `now`, which may be a `Parameter`."""
    return EmergencySwitch.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    ).order_by()


def columns(namespace_id: str, now: Any) -> dict[str, Subquery]:
    """`site_allows` and `namespace_allows` for a query of rows of namespaces.

    Each is the list of the switch that is on, for `stops`. `namespace_id` is the path
    to the namespace's key.
    """
    here = switches_on(now).filter(namespace=OuterRef(namespace_id))
    return {
        "site_allows": Subquery(_site(now)),
        "namespace_allows": Subquery(here.values("allowed")[:1]),
    }


def stops(allowed: str | None, full_name: str) -> bool:
    """Whether the switch with that list stops a robot; None is no switch at all."""
    return allowed is not None and full_name not in allowed.split()


def site_stops(full_name: str, now: datetime) -> bool:
    """Whether the site's switch stops that name, of a robot or of none. One query."""
    rows = _site_query().rows({"now": now})
    return any(stops(allowed, full_name) for (allowed,) in rows)


def stopping(
    full_name: str, namespace: Namespace | int | None, now: datetime
) -> Iterator[EmergencySwitch]:
    """The switches that stop a robot of that namespace. One query."""
    target = Q(site=True) | Q(namespace=namespace)
    found = switches_on(now).filter(target).select_related("namespace")
    for switch in found.order_by("id"):
        if stops(switch.allowed, full_name):
            yield switch


def _site(now: Any) -> QuerySet[Any, Any]:
    return switches_on(now).filter(site=True).values("allowed")[:1]


@cache
def _site_query() -> PreparedQuery:
    now = Parameter("now", models.DateTimeField())
    rows = switches_on(now).filter(site=True).values_list("allowed")
    return PreparedQuery(EmergencySwitch, lambda: rows)
