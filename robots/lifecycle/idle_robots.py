"""Idle robots disabled together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from robots.audit import Performer
from robots.batches import batches
from robots.errors import DomainError
from robots.idle import idle_robots, last_seen, why_kept
from robots.lifecycle.robot_choice import RobotChoice
from robots.lifecycle.robots import set_enabled
from robots.models import Robot

MAX_DAYS = 3650
"""Days without a use that may be asked for: ten years."""


class Idle(NamedTuple):
    """A robot and its last use, None where it was never used.

    `reason` tells why it stays enabled all the same; None for one that does not.
    """

    robot: Robot
    last_used_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class IdleRobots:
    """Both sorted by full name."""

    disabled: Sequence[Idle]
    kept: Sequence[Idle]


def disable_idle_robots(
    choice: RobotChoice, days: int, by: Performer, *, dry_run: bool = False
) -> IdleRobots:
    """Disable each chosen robot that is idle, as `robots.idle` has it, for `days` days.

    Robots that mirror a repository, that ROBOTS_WHITELIST names, or that something
    stops just now are kept and told. Raises DomainError for days or a choice that
    cannot be.
    """
    if not 1 <= days <= MAX_DAYS:
        raise DomainError(f"days: 1 to {MAX_DAYS}")
    choice.check()
    now = timezone.now()
    with transaction.atomic():
        found = _idle(choice, now - timedelta(days=days), now)
        disabled = [one for one in found if one.reason is None]
        if not dry_run:
            for one in disabled:
                set_enabled(one.robot, False, by)
    return IdleRobots(disabled, [one for one in found if one.reason is not None])


def _idle(choice: RobotChoice, begin: datetime, now: datetime) -> list[Idle]:
    """Locked in the order of their keys, sorted by full name."""
    rows = idle_robots(begin, now).select_for_update(of=("self",)).order_by("pk")
    keys = sorted(robot.pk for robot in choice.find())
    found = [
        Idle(robot, last_seen(robot), why_kept(robot))
        for some in batches(keys)
        for robot in rows.filter(pk__in=some)
    ]
    return sorted(found, key=lambda one: one.robot.full_name)
