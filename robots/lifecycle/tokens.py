"""Tokens of a robot: one more beside the others, and one retired."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from robots import audit, conf, credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.ends import check_end
from robots.errors import DomainError, NotFound
from robots.models import ImportedSecret, Robot, RobotToken, TokenOrigin
from robots.unexpired import unexpired

MAX_GRACE = 604_800
"""Seconds that tokens may outlive their regeneration: one week."""


class AddedToken(NamedTuple):
    """A token just made: the one moment its secret is at hand."""

    token: RobotToken
    secret: Secret


def live_tokens(now: datetime) -> QuerySet[RobotToken]:
    """The tokens that have not ended."""
    return RobotToken.objects.filter(unexpired(now))


def live_imported_secrets(now: datetime) -> QuerySet[ImportedSecret]:
    """The secrets that wait for their first use and have not ended."""
    return ImportedSecret.objects.filter(unexpired(now))


def add_token(
    robot: Robot, by: Performer, expires_at: datetime | None = None
) -> AddedToken:
    """Add a static token beside the others; it cannot be shown a second time.

    Raises NotFound if the robot is gone, DomainError for an end that is not in
    the future or cannot be kept, or past ROBOT_MAX_TOKENS live static tokens.
    """
    now = timezone.now()
    check_future_end(expires_at, now)
    with transaction.atomic():
        locked = locked_robot(robot)
        check_room(locked, now)
        added = add_static_token(locked, readable=False, expires_at=expires_at)
        audit.record(
            "create_robot_token",
            by,
            robot.namespace,
            robot=robot.name,
            id=added.token.pk,
            until=expires_at.isoformat() if expires_at else None,
        )
    return added


def retire_token(robot: Robot, token_id: int, by: Performer) -> None:
    """Delete one token, which stops working at once; NotFound if there is none."""
    with transaction.atomic():
        tokens = RobotToken.objects.select_for_update()
        token = tokens.filter(robot=robot, pk=token_id).first()
        if token is None:
            raise NotFound(f"Robot {robot.full_name} has no token {token_id}")
        token.delete()
        audit.record(
            "revoke_robot_token",
            by,
            robot.namespace,
            robot=robot.name,
            id=token_id,
            origin=token.origin,
            created_at=token.created_at.isoformat(),
        )


def check_future_end(expires_at: datetime | None, now: datetime) -> None:
    """Raise DomainError for an end that has passed or cannot be kept."""
    check_end("expires_at", expires_at)
    if expires_at is not None and expires_at <= now:
        raise DomainError("expires_at: must be in the future")


def locked_robot(robot: Robot, *, no_key: bool = False) -> Robot:
    """The robot as it is now, kept so until the transaction ends; or NotFound.

    With `no_key` others may go on storing what belongs to it. Whoever deletes it must
    not say so.
    """
    rows = Robot.objects.select_for_update(no_key=no_key)
    locked = rows.filter(pk=robot.pk).first()
    if locked is None:
        raise NotFound("Could not find robot with specified username")
    locked.namespace = robot.namespace
    return locked


def check_room(robot: Robot, now: datetime) -> None:
    """Raise DomainError where one more static token would be too many.

    A secret that was imported counts as the token that it becomes at its first use.
    """
    most = conf.robot_max_tokens()
    live = live_tokens(now).filter(robot=robot, origin=TokenOrigin.STATIC).count()
    if live + live_imported_secrets(now).filter(robot=robot).count() >= most:
        raise DomainError(
            f"Robot {robot.full_name} has {most} live tokens already,"
            " the most that ROBOT_MAX_TOKENS allows: delete one first"
        )


def add_static_token(
    robot: Robot,
    *,
    readable: bool = True,
    expires_at: datetime | None = None,
    secret: Secret | None = None,
    is_replaced: bool = False,
) -> AddedToken:
    """A new static token; a sealed copy is kept of a `readable` one if allowed.

    Without a `secret` a new one is made. One that `is_replaced` has a newer one beside
    it already.
    """
    secret = secret or credentials.generate_token()
    readable = readable and conf.tokens_retrievable()
    token = RobotToken.objects.create(
        robot=robot,
        origin=TokenOrigin.STATIC,
        expires_at=expires_at,
        **credentials.at_rest(secret, readable=readable)._asdict(),
        is_replaced=is_replaced,
    )
    return AddedToken(token, secret)


def end_tokens(robot: Robot, grace: int, now: datetime) -> None:
    """End every token of a robot: at once, or the static ones after `grace` seconds.

    None of them lasts longer than before, and none can be read again. A secret that
    was imported ends as a static token does.
    """
    tokens = RobotToken.objects.filter(robot=robot)
    imported = ImportedSecret.objects.filter(robot=robot)
    if not grace:
        tokens.delete()
        imported.delete()
        return
    tokens.exclude(origin=TokenOrigin.STATIC).delete()
    end = now + timedelta(seconds=grace)
    sooner = When(expires_at__lt=end, then=F("expires_at"))
    ends = {"expires_at": Case(sooner, default=Value(end)), "is_replaced": True}
    tokens.update(**ends, sealed=None)
    imported.update(**ends)
