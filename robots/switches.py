"""Whether an emergency switch stops a robot, asked at its every use (rule R5).

Nothing is kept in memory, so that a switch works at the next request everywhere.
Queries that read a robot's row anyway read the switches with it: `columns`.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from robots.issuer_trusts import issuers_trusted
from robots.models import EmergencySwitch, Namespace, Robot
from robots.prepared import Parameter, PreparedQuery
from robots.switch_targets import Issuer, Target

OF_THE_SITE = Q(site__in=[True])
"""The site's switch. Of `site = true` SQLite makes `site`, and finds that by reading
the whole table."""


def switches_on(now: Any) -> QuerySet[EmergencySwitch]:
    """Those that have not ended at `now`, which may be a `Parameter`."""
    return EmergencySwitch.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    ).order_by()


def columns(namespace_id: str, robot_id: str, now: Any) -> dict[str, Subquery]:
    """`site_allows`, `namespace_allows` and `robot_allows` for a query of rows of
    robots.

    Each is the list of the switch that is on, for `stops`; that of one robot's own is
    always empty. The first two arguments are paths to the keys.
    """
    here = switches_on(now).filter(namespace=OuterRef(namespace_id))
    its_own = switches_on(now).filter(robot=OuterRef(robot_id))
    return {
        "site_allows": Subquery(_site(now)),
        "namespace_allows": Subquery(here.values("allowed")[:1]),
        "robot_allows": Subquery(its_own.values("allowed")[:1]),
    }


def issuer_column(issuer: Any, now: Any) -> dict[str, Subquery]:
    """`issuer_allows`, as `columns` has them; where `issuer` is NULL, so is this."""
    of = switches_on(now).filter(issuer=issuer)
    return {"issuer_allows": Subquery(of.values("allowed")[:1])}


def concern(namespace_id: str, robot_id: str, issuer: str, now: Any) -> Exists:
    """Whether any switch is on that a row of a query has to do with.

    One question in place of the four of `columns` and `issuer_column`, which tell the
    lists of those there are. The first three arguments are paths.
    """
    here = Q(namespace=OuterRef(namespace_id)) | Q(robot=OuterRef(robot_id))
    wide = OF_THE_SITE | Q(issuer=OuterRef(issuer))
    return Exists(switches_on(now).filter(wide | here))


def stops(allowed: str | None, full_name: str) -> bool:
    """Whether the switch with that list stops a robot; None is no switch at all."""
    return allowed is not None and full_name not in allowed.split()


def stops_anywhere(row: Any, full_name: str) -> bool:
    """Whether one of a row's `columns` stops the robot."""
    lists = (row.site_allows, row.namespace_allows, row.robot_allows)
    return any(stops(allowed, full_name) for allowed in lists)


def site_and_issuer(issuer: str, now: datetime) -> tuple[str | None, str | None]:
    """`site_allows` and `issuer_allows` where there is no row of a robot. One query."""
    found: list[str | None] = [None, None]
    for is_site, allowed in _wide_query().rows({"now": now, "issuer": issuer}):
        found[0 if is_site else 1] = allowed
    return found[0], found[1]


def stopping(
    full_name: str,
    namespace: Namespace | int | None,
    now: datetime,
    robot: int | None = None,
) -> Iterator[EmergencySwitch]:
    """The switches that stop a robot of that namespace, however it logs in. One query.

    `robot` is its key, if there is such a robot already.
    """
    target = Q(site=True) | Q(namespace=namespace)
    if robot is not None:
        target |= Q(robot=robot)
    found = switches_on(now).filter(target)
    found = found.select_related("namespace", "robot__namespace")
    for switch in found.order_by("id"):
        if stops(switch.allowed, full_name):
            yield switch


def concerning(target: Target) -> Q:
    """Which switches stop a robot of the target, if their lists do not name it.

    Of the whole site that is every switch; of an issuer, a robot that uses its tokens.
    """
    match target:
        case Namespace():
            robots = Robot.objects.filter(namespace=target)
            mine = Q(namespace=target) | Q(robot__namespace=target)
            return Q(site=True) | mine | Q(issuer__in=issuers_trusted(robots))
        case Robot():
            issuers = issuers_trusted(Robot.objects.filter(pk=target.pk))
            mine = Q(namespace=target.namespace_id) | Q(robot=target)
            return Q(site=True) | mine | Q(issuer__in=issuers)
        case Issuer(url):
            return Q(site=True) | Q(issuer=url)
    return Q()


def stopping_issuers(
    full_name: str, robot: int, now: datetime
) -> Iterator[EmergencySwitch]:
    """The switches of issuers that the robot trusts, and that stop it. One query."""
    issuers = issuers_trusted(Robot.objects.filter(pk=robot))
    for switch in switches_on(now).filter(issuer__in=issuers).order_by("id"):
        if stops(switch.allowed, full_name):
            yield switch


def _site(now: Any) -> QuerySet[Any, Any]:
    return switches_on(now).filter(OF_THE_SITE).values("allowed")[:1]


@cache
def _wide_query() -> PreparedQuery:
    now = Parameter("now", models.DateTimeField())
    issuer = Parameter("issuer", models.CharField())
    rows = switches_on(now).filter(OF_THE_SITE | Q(issuer=issuer))
    return PreparedQuery(EmergencySwitch, lambda: rows.values_list("site", "allowed"))
