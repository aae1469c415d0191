"""Rotation: new static tokens for many robots, all of them or none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from robots.audit import Performer
from robots.batches import batches
from robots.credentials import Deliver, NewTokens
from robots.errors import DomainError
from robots.lifecycle.robot_choice import RobotChoice
from robots.lifecycle.robots import regenerate_token
from robots.lifecycle.tokens import MAX_GRACE, live_imported_secrets, live_tokens
from robots.models import Robot, TokenOrigin


class Left(StrEnum):
    """Why a robot that was chosen keeps its tokens."""

    DISABLED = "disabled"
    EXPIRED = "expired"
    KEYLESS = "without a static token"
    YOUNG = "young enough"


@dataclass(frozen=True, slots=True)
class Rotation:
    """Robots that got a new token, and how many did not; old tokens end at `end`."""

    tokens: NewTokens
    left: Mapping[Left, int]
    end: datetime


def rotate_tokens(
    choice: RobotChoice,
    by: Performer,
    deliver: Deliver,
    *,
    grace: int,
    older_than: timedelta | None = None,
    lifetime: timedelta | None = None,
    dry_run: bool = False,
) -> Rotation:
    """Give each chosen robot whose newest live token is older a new static token.

    Old tokens end as `regenerate_token` has it, after `grace` seconds, and the new ones
    after `lifetime` if there is one. `deliver` gets the new ones before the commit, so
    that none is lost: if it raises, every robot keeps what it had. Only robots that get
    one are kept from being changed meanwhile. A dry run does all of that, and takes it
    back. Raises DomainError for a grace or a choice that cannot be, or a robot with too
    many live tokens.
    """
    if not 0 <= grace <= MAX_GRACE:
        raise DomainError(f"grace: 0 to {MAX_GRACE} seconds")
    choice.check()
    now = timezone.now()
    until = None if lifetime is None else now + lifetime
    with transaction.atomic():
        chosen, left = _sort_out(choice.find(), older_than, now)
        # Nothing was locked yet: another rotation may have been faster.
        rotated, changed = _sort_out(_locked(chosen), older_than, now)
        tokens = [
            (robot.full_name, regenerate_token(robot, by, grace, until).secret)
            for robot in rotated
        ]
        if tokens:
            deliver(tokens)
        transaction.set_rollback(dry_run)
    return Rotation(tokens, left + changed, now + timedelta(seconds=grace))


def _locked(robots: Iterable[Robot]) -> list[Robot]:
    """The robots as they are now, kept so; two rotations at once make one of them."""
    keys = sorted(robot.pk for robot in robots)
    rows = Robot.objects.select_related("namespace").select_for_update(
        of=("self",), no_key=True
    )
    found = [
        robot
        for some in batches(keys)
        for robot in rows.filter(pk__in=some).order_by("pk")
    ]
    return sorted(found, key=lambda robot: robot.full_name)


def _sort_out(
    robots: Sequence[Robot], older_than: timedelta | None, now: datetime
) -> tuple[list[Robot], Counter[Left]]:
    """Those that are to get a token, and how many keep theirs for each reason."""
    newest = _newest([robot.pk for robot in robots], now)
    oldest = now - older_than if older_than is not None else now
    chosen: list[Robot] = []
    left: Counter[Left] = Counter()
    for robot in robots:
        reason = _reason(robot, newest.get(robot.pk), oldest, now)
        if reason is None:
            chosen.append(robot)
        else:
            left[reason] += 1
    return chosen, left


def _reason(
    robot: Robot, newest: datetime | None, oldest: datetime, now: datetime
) -> Left | None:
    if not robot.enabled:
        return Left.DISABLED
    if robot.expires_at is not None and robot.expires_at <= now:
        return Left.EXPIRED
    if newest is None:
        return Left.KEYLESS
    return Left.YOUNG if newest > oldest else None


def _newest(keys: Sequence[int], now: datetime) -> dict[int, datetime]:
    """When the newest secret of each robot that still works was made.

    Secrets that came from another registry count from when they came.
    """
    newest: dict[int, datetime] = {}
    for some in batches(keys):
        imported = live_imported_secrets(now).filter(robot__in=some)
        static = live_tokens(now).filter(robot__in=some, origin=TokenOrigin.STATIC)
        for rows in (imported, static):
            made = rows.order_by().values_list("robot_id").annotate(Max("created_at"))
            for robot_id, at in made:
                newest[robot_id] = max(at, newest.get(robot_id, at))
    return newest
