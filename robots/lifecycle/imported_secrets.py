"""Secrets that are known as a hash only: kept, made tokens at first use, revoked."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from robots import audit, credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import AlreadyExists, NotFound
from robots.imported_secrets import SlowHash
from robots.lifecycle.tokens import add_static_token, check_room, locked_robot
from robots.models import ImportedSecret, Robot, RobotToken

_OTHERS = "The secret is a token of another robot"


def keep_imported_secret(
    robot: Robot, kept: SlowHash, by: Performer, first_login_by: datetime | None = None
) -> None:
    """Let a robot log in with the secret that this is the hash of.

    Its first login must come before `first_login_by`; the token that this makes has
    no end. Raises AlreadyExists if it has such a secret already, NotFound if it is
    gone, DomainError past ROBOT_MAX_TOKENS.
    """
    until = {"until": first_login_by.isoformat()} if first_login_by else {}
    try:
        with transaction.atomic():
            check_room(locked_robot(robot, no_key=True), timezone.now())
            ImportedSecret.objects.create(
                robot=robot, expires_at=first_login_by, **kept._asdict()
            )
            audit.record(
                "import_robot_secret", by, robot.namespace, robot=robot.name, **until
            )
    except IntegrityError:
        raise AlreadyExists(f"{robot.full_name} has an imported secret") from None


def revoke_imported_secret(robot: Robot, by: Performer) -> None:
    """Forget the hash, which stops working at once; NotFound if there is none."""
    with transaction.atomic():
        # The robot first, as a login with the secret does.
        _locked(robot.pk)
        held = ImportedSecret.objects.filter(robot=robot).first()
        if held is None:
            raise NotFound(f"Robot {robot.full_name} has no imported secret")
        held.delete()
        audit.record(
            "revoke_imported_secret",
            by,
            robot.namespace,
            robot=robot.name,
            created_at=held.created_at.isoformat(),
        )


def exchange_imported_secret(
    robot_id: int, kept: SlowHash, secret: Secret, by: Performer
) -> None:
    """Make `secret`, of which `kept` is the hash, a token of the robot.

    Two at once end as one. Raises NotFound where the hash is gone by now, because it
    was exchanged or ended; AlreadyExists where the secret is another robot's token,
    whichever of the accepted keys that was digested with.
    """
    try:
        with transaction.atomic():
            # The robot first, as whoever ends its tokens does.
            robot = _locked(robot_id)
            held = ImportedSecret.objects.filter(robot=robot, **kept._asdict()).first()
            if robot is None or held is None:
                raise NotFound("There is no such imported secret")
            digests = credentials.accepted_digests(secret)
            if RobotToken.objects.filter(digest__in=digests).exists():
                raise AlreadyExists(_OTHERS)
            held.delete()
            _add(robot, held, secret)
            audit.record("exchange_robot_secret", by, robot.namespace, robot=robot.name)
    except IntegrityError:
        raise AlreadyExists(_OTHERS) from None


def _locked(robot_id: int) -> Robot | None:
    robots = Robot.objects.select_related("namespace").select_for_update(of=("self",))
    return robots.filter(pk=robot_id).first()


def _add(robot: Robot, held: ImportedSecret, secret: Secret) -> None:
    """As every token: one that is about to end is not readable."""
    end = held.expires_at if held.is_replaced else None
    add_static_token(
        robot,
        readable=end is None,
        expires_at=end,
        secret=secret,
        is_replaced=held.is_replaced,
    )
