"""Robots and their static tokens: create, regenerate, enable, delete."""

from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from robots import audit, conf, credentials, names
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import (
    AlreadyExists,
    DomainError,
    InUse,
    NotFound,
    RobotsDisallowed,
)
from robots.models import Namespace, Robot, RobotToken, TokenOrigin
from robots.text import check_storable

MAX_DESCRIPTION = 255
"""Characters of a robot's description."""


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
) -> NewToken:
    """Create a robot with one static token.

    Raises RobotsDisallowed, NameInvalid, DomainError for a description or metadata
    that cannot be kept, or AlreadyExists, checked in that order.
    """
    full_name = f"{namespace.name}+{shortname}"
    if conf.robots_disallowed(full_name):
        raise RobotsDisallowed
    names.check_robot_name(namespace.name, shortname)
    if len(description) > MAX_DESCRIPTION:
        raise DomainError(f"description: at most {MAX_DESCRIPTION} characters")
    check_storable("description", description)
    check_storable("metadata", metadata)
    try:
        with transaction.atomic():
            robot = Robot.objects.create(
                namespace=namespace,
                name=shortname,
                description=description,
                metadata=metadata or {},
            )
            secret = _add_static_token(robot)
            audit.record(
                "create_robot",
                by,
                namespace,
                robot=shortname,
                description=description or None,
                unstructured_metadata=metadata,
            )
    except IntegrityError:
        raise AlreadyExists(f"Existing robot with name: {full_name}") from None
    return NewToken(robot, secret)


def regenerate_token(robot: Robot, by: Performer) -> NewToken:
    """Replace every token of a robot, federated ones included, by a new static one.

    Raises NotFound if the robot is gone.
    """
    with transaction.atomic():
        locked = Robot.objects.select_for_update().filter(pk=robot.pk).first()
        if locked is None:
            raise NotFound(f"There is no robot account {robot.full_name}")
        RobotToken.objects.filter(robot=locked).delete()
        secret = _add_static_token(locked)
        audit.record("regenerate_robot_token", by, robot.namespace, robot=robot.name)
    return NewToken(robot, secret)


def set_enabled(robot: Robot, enabled: bool, by: Performer) -> None:
    """Let a robot's tokens work, or stop all of them at once."""
    with transaction.atomic():
        robot.enabled = enabled
        robot.save(update_fields=["enabled"])
        kind = "enable_robot" if enabled else "disable_robot"
        audit.record(kind, by, robot.namespace, robot=robot.name)


def delete_robot(robot: Robot, by: Performer) -> None:
    """Delete a robot with its tokens, memberships and grants.

    Raises InUse while a repository is mirrored by it.
    """
    namespace, name = robot.namespace, robot.name
    try:
        with transaction.atomic():
            robot.delete()
            audit.record("delete_robot", by, namespace, robot=name)
    except RestrictedError:
        raise InUse("Robot is being used by a mirror") from None


def _add_static_token(robot: Robot) -> Secret:
    secret = credentials.generate_token()
    digest = credentials.digest(secret)
    RobotToken.objects.create(
        robot=robot,
        origin=TokenOrigin.STATIC,
        digest=digest,
        sealed=credentials.seal(secret, digest) if conf.tokens_retrievable() else None,
    )
    return secret
