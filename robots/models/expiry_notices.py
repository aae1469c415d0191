"""Expiry notices: that a robot or one of its tokens ends soon, told once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.namespaces import Namespace
from robots.models.robots import Robot
from robots.models.rules import exactly_one, known_value
from robots.models.tokens import RobotToken


class NoticeChannel(models.TextChoices):
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"


class ExpiryNotice(models.Model):
    """One notice over one channel: of this thing, with this end, so many days ahead.

    Its unique constraints are what makes it once, however many servers send. It is
    pending until `delivered_at` is set, and nobody tries it before `next_attempt_at`.
    """

    # The unique indexes begin with these two. The database has no foreign keys of them:
    # a version that does not know this table may delete robots while this one sends.
    robot = models.ForeignKey(
        Robot,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    token = models.ForeignKey(
        RobotToken,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    ends_at = models.DateTimeField(db_index=True)
    days = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=16, choices=NoticeChannel.choices)
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["ends_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            exactly_one("robot", "token", name="robots_notice_one_thing"),
            known_value("channel", NoticeChannel, "robots_notice_channel_known"),
            models.CheckConstraint(
                name="robots_notice_is_ahead", condition=Q(days__gte=1)
            ),
            models.UniqueConstraint(
                fields=["robot", "ends_at", "days", "channel"],
                name="robots_notice_robot_unique",
            ),
            models.UniqueConstraint(
                fields=["token", "ends_at", "days", "channel"],
                name="robots_notice_token_unique",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["channel", "next_attempt_at", "id"],
                name="robots_notice_pending",
                condition=Q(delivered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.days} days before the end of {self.token or self.robot}"

    @property
    def of(self) -> Robot:
        """The robot that it is about, or whose token it is about."""
        robot = self.token.robot if self.token is not None else self.robot
        if robot is None:
            raise ValueError("a notice without a robot")
        return robot

    @property
    def namespace(self) -> Namespace:
        return self.of.namespace
