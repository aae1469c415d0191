"""What is kept when a trust has let somebody in: all of it, or nothing.

A trust that was switched off, changed or taken away since it was read, or whose robot
was or has ended, lets nobody in (R8); the others are held until all is written. What
was done to the namespace meanwhile is seen when the token is used.
"""

from datetime import datetime
from typing import Any

from django.db import models

from federation.errors import Refused
from federation.live_trusts import LiveTrust
from federation.models import FederatedToken, Trust, UsedAssertion
from robots.models import AuditEvent, Robot, RobotToken
from robots.prepared import Parameter
from robots.prepared_writes import Added, PreparedWrites, Values
from robots.unexpired import unexpired


def write(trust: LiveTrust, now: datetime, **rows: Values) -> None:
    """Note that `trust` was used, and add `rows`; which they may be, `_writes` says.

    Raises Refused if the trust is not what it was, and IntegrityError if one of the
    rows may not be: `used`, where the token was used before.
    """
    update = {
        "trust": trust.pk,
        "revision": trust.revision,
        "robot": trust.robot.pk,
        "now": now,
    }
    if not _writes.run(update, **rows):
        raise Refused("the trust was changed meanwhile", check="enabled")


def _use() -> tuple["models.QuerySet[Any, Any]", Values]:
    # The robot is locked first, as whoever changes its trusts or deletes it does: the
    # other way round two of them could wait for each other.
    key = models.BigIntegerField()
    robots = Robot.objects.select_for_update(no_key=True).order_by()
    now = Parameter("now", models.DateTimeField())
    robot = robots.filter(unexpired(now), pk=Parameter("robot", key), enabled=True)
    live = Trust.objects.order_by().filter(
        pk=Parameter("trust", key),
        enabled=True,
        revision=Parameter("revision", models.PositiveIntegerField()),
        robot__in=robot.values("pk"),
    )
    return live, {"last_used_at": now}


_writes = PreparedWrites(
    Trust,
    _use,
    # Before anything is minted, its unique constraint decides a race.
    used=Added(UsedAssertion),
    token=Added(RobotToken),
    federated=Added(FederatedToken, token_id="token"),  # noqa: S106 - a row's name
    event=Added(AuditEvent),
)
