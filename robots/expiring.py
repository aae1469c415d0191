"""What ends soon and is worth telling: robot accounts, and static tokens.

A thing that cannot be used now, or that ends with something else, is not told: one
that is disabled, a token that was replaced, or that its robot does not outlive.
Federated tokens live an hour at most, and an imported secret that nobody used before
its end is missed by nobody.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from robots.models import Robot, RobotToken, TokenOrigin


class Expiring(NamedTuple):
    """Robots, and tokens of robots that last longer than these."""

    robots: QuerySet[Robot]
    tokens: QuerySet[RobotToken]


def expiring(now: datetime, within: timedelta) -> Expiring:
    """What ends after `now`, and `within` that time at the latest.

    Both have an index for it: counting costs as much as there is to count.
    """
    soon = Q(expires_at__gt=now, expires_at__lte=now + within)
    return Expiring(
        Robot.objects.filter(soon, usable_robots()).order_by("expires_at", "pk"),
        RobotToken.objects.filter(soon, usable_tokens()).order_by("expires_at", "pk"),
    )


def usable_robots(path: str = "") -> Q:
    """Robots that nobody disabled; `path` leads to them, with its `__`."""
    return Q(**{f"{path}enabled": True, f"{path}namespace__enabled": True})


def usable_tokens(path: str = "") -> Q:
    """Static tokens that were not replaced, and that their robot outlives."""
    outlived = Q(**{f"{path}robot__expires_at__isnull": True}) | Q(
        **{f"{path}robot__expires_at__gt": F(f"{path}expires_at")}
    )
    static = {f"{path}origin": TokenOrigin.STATIC, f"{path}is_replaced": False}
    return Q(outlived, usable_robots(f"{path}robot__"), **static)
