"""Reading a robot's token again, where a sealed copy is kept of it (rule R6)."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from robots import audit, conf, credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.lifecycle.tokens import live_tokens
from robots.models import Robot, RobotToken, TokenOrigin


def readable_tokens() -> QuerySet[RobotToken]:
    """The live static tokens that can be read; none unless ROBOT_TOKENS_RETRIEVABLE."""
    if not conf.tokens_retrievable():
        return RobotToken.objects.none()
    live = live_tokens(timezone.now())
    return live.filter(origin=TokenOrigin.STATIC, sealed__isnull=False)


def unsealed(tokens: QuerySet[RobotToken]) -> dict[int, Secret]:
    """The newest of `tokens` of each robot, by the robot's key. One query."""
    newest = {token.robot_id: token for token in tokens.order_by("id")}
    found = {}
    for robot_id, token in newest.items():
        secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
        if secret is not None:
            found[robot_id] = secret
    return found


def read_token(robot: Robot, by: Performer, **facts: str) -> Secret | None:
    """The newest token of a robot, to be shown now; None where none can be read."""
    with transaction.atomic():
        found = unsealed(readable_tokens().filter(robot=robot)).get(robot.pk)
        if found is not None:
            note_reading(robot, by, **facts)
    return found


def note_reading(robot: Robot, by: Performer, **facts: str) -> None:
    """Record that a robot's token is handed out; `facts` tell in what form."""
    names = {"robots": [robot.name], "count": 1}
    audit.record("read_robot_token", by, robot.namespace, **names, **facts)


def is_own_token(robot: Robot, secret: Secret) -> bool:
    """Whether this is a live static token of the robot."""
    live = live_tokens(timezone.now()).filter(robot=robot, origin=TokenOrigin.STATIC)
    return live.filter(digest__in=credentials.accepted_digests(secret)).exists()
