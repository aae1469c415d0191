"""Robots: create, change, regenerate, enable, delete."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from robots import audit, conf, credentials, names, switches
from robots.audit import Performer
from robots.credentials import Secret
from robots.ends import check_end
from robots.errors import AlreadyExists, DomainError, InUse, NotFound, RobotsDisallowed
from robots.lifecycle import first_grants
from robots.lifecycle.first_grants import RoleOn
from robots.lifecycle.tokens import (
    add_static_token,
    check_future_end,
    check_room,
    end_tokens,
    locked_robot,
)
from robots.models import Namespace, Robot, RobotToken
from robots.text import check_storable, is_storable

MAX_DESCRIPTION = 255
"""Characters of a robot's description."""

MIN_SECRET = 20
"""Characters of a token that another registry made."""


class NewToken(NamedTuple):
    """A robot with a token just made: the one moment its secret is at hand."""

    robot: Robot
    secret: Secret


def create_robot(
    namespace: Namespace,
    shortname: str,
    by: Performer,
    *,
    description: str = "",
    metadata: dict[str, Any] | None = None,
    permissions: Sequence[RoleOn] = (),
    teams: Sequence[str] = (),
    expires_at: datetime | None = None,
    enabled: bool = True,
    secret: Secret | None = None,
    with_token: bool = True,
    past_end: bool = False,
) -> NewToken:
    """Create a robot with one static token, and what it is given with it.

    `secret` is a token that its clients have already. `with_token=False` makes none:
    the answer's secret is empty then, and logs nobody in. `past_end` takes an end that
    has passed: such a robot can do nothing. Raises RobotsDisallowed, NameInvalid,
    DomainError for a description, metadata or token that cannot be kept or an end that
    has passed, AlreadyExists, or DomainError for an unknown repository or team, checked
    in that order; NotFound if the namespace is gone.
    """
    full_name = f"{namespace.name}+{shortname}"
    if is_disallowed(namespace, full_name):
        raise RobotsDisallowed
    names.check_robot_name(namespace.name, shortname)
    _check_description(description)
    check_storable("metadata", metadata)
    _check_end(expires_at, past_end)
    _check_secret(full_name, secret)
    try:
        with transaction.atomic():
            robot = Robot.objects.create(
                namespace=namespace,
                name=shortname,
                description=description,
                metadata=metadata or {},
                expires_at=expires_at,
                enabled=enabled,
            )
            if with_token:
                secret = add_static_token(robot, secret=secret).secret
            audit.record(
                "create_robot",
                by,
                namespace,
                robot=shortname,
                description=description or None,
                unstructured_metadata=metadata,
                **({"expires_at": _fact(expires_at)} if expires_at else {}),
                **({} if enabled else {"enabled": False}),
            )
            first_grants.give(robot, permissions, teams, by)
    except IntegrityError:
        if not Namespace.objects.filter(pk=namespace.pk).exists():
            raise NotFound(f"There is no namespace {namespace.name}") from None
        raise AlreadyExists(f"Existing robot with name: {full_name}") from None
    return NewToken(robot, secret if with_token and secret else Secret(""))


def is_disallowed(namespace: Namespace, full_name: str) -> bool:
    """Whether a setting or a switch keeps a robot of that name from being created."""
    if conf.robots_disallowed(full_name):
        return True
    return any(switches.stopping(full_name, namespace, timezone.now()))


def change_robot(robot: Robot, changes: Mapping[str, Any], by: Performer) -> Robot:
    """Set fields: description, metadata, enabled, expires_at; answers the new row.

    Raises DomainError for a text or an end that cannot be kept, NotFound if the robot
    is gone.
    """
    _check_description(changes.get("description", ""))
    check_end("expires_at", changes.get("expires_at"))
    check_storable("metadata", changes.get("metadata"))
    with transaction.atomic():
        locked = locked_robot(robot)
        new = {
            name: value
            for name, value in changes.items()
            if not _is_same(getattr(locked, name), value)
        }
        for name, value in new.items():
            setattr(locked, name, value)
        if new:
            locked.save(update_fields=list(new))
            facts = {name: _fact(value) for name, value in new.items()}
            audit.record("change_robot", by, robot.namespace, robot=robot.name, **facts)
    return locked


def regenerate_token(
    robot: Robot,
    by: Performer,
    grace: int = 0,
    expires_at: datetime | None = None,
) -> NewToken:
    """Replace every token of a robot, federated ones included, by a new static one.

    The static ones work for `grace` seconds more; the new one works until
    `expires_at`. Raises NotFound if the robot is gone, DomainError for an end that is
    not in the future or cannot be kept, or if it would have too many live tokens until
    then.
    """
    now = timezone.now()
    check_future_end(expires_at, now)
    with transaction.atomic():
        locked = locked_robot(robot, no_key=True)
        if grace:
            check_room(locked, now)
        end_tokens(locked, grace, now)
        secret = add_static_token(locked, expires_at=expires_at).secret
        facts: dict[str, Any] = {"grace": grace} if grace else {}
        if expires_at is not None:
            facts["until"] = expires_at.isoformat()
        audit.record(
            "regenerate_robot_token", by, robot.namespace, robot=robot.name, **facts
        )
    return NewToken(robot, secret)


def set_enabled(robot: Robot, enabled: bool, by: Performer) -> None:
    """Let a robot's tokens work, or stop all of them at once.

    Raises NotFound if the robot is gone.
    """
    with transaction.atomic():
        locked = locked_robot(robot)
        locked.enabled = robot.enabled = enabled
        locked.save(update_fields=["enabled"])
        kind = "enable_robot" if enabled else "disable_robot"
        audit.record(kind, by, robot.namespace, robot=robot.name)


def delete_robot(robot: Robot, by: Performer) -> None:
    """Delete a robot with its tokens, memberships and grants.

    Raises InUse while a repository is mirrored by it, NotFound if it is gone.
    """
    try:
        with transaction.atomic():
            # Locked, so that a grant made meanwhile cannot keep the row from going.
            locked_robot(robot).delete()
            audit.record("delete_robot", by, robot.namespace, robot=robot.name)
    except RestrictedError:
        raise InUse("Robot is being used by a mirror") from None


def _check_description(description: str) -> None:
    if len(description) > MAX_DESCRIPTION:
        raise DomainError(f"description: at most {MAX_DESCRIPTION} characters")
    check_storable("description", description)


def _check_end(expires_at: datetime | None, past_end: bool) -> None:
    if past_end:
        check_end("expires_at", expires_at)
    else:
        check_future_end(expires_at, timezone.now())


def _check_secret(full_name: str, secret: Secret | None) -> None:
    """Two robots with one token would be one: whoever has it is both."""
    if secret is None:
        return
    if len(secret.reveal()) < MIN_SECRET or not is_storable(secret.reveal()):
        raise DomainError(
            f"The token of {full_name} must have {MIN_SECRET} characters or more"
        )
    known = RobotToken.objects.filter(digest__in=credentials.accepted_digests(secret))
    if known.exists():
        raise DomainError(f"The token of {full_name} is another robot's already")


def _is_same(old: Any, new: Any) -> bool:
    """Equal, and of the same types all the way down: 1 is not true in JSON."""
    return bool(old == new) and repr(old) == repr(new)


def _fact(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
