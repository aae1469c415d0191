"""Robot tokens: the secrets of a robot, at rest as rules R6 and R7 have it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.robots import Robot
from robots.models.rules import key_id_field, matches_key_id


class TokenOrigin(models.TextChoices):
    STATIC = "static", "Static"
    FEDERATED = "federated", "Federated"


class RobotToken(models.Model):
    """One secret: its digest, and a sealed copy only where it may be read again."""

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="tokens")
    origin = models.CharField(
        max_length=16, choices=TokenOrigin.choices, default=TokenOrigin.STATIC
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    key_id = key_id_field()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_replaced = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether its robot was given a newer one in its place."""

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id", "-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_robottoken_federated_expires",
                condition=Q(origin=TokenOrigin.STATIC)
                | Q(
                    origin=TokenOrigin.FEDERATED,
                    expires_at__isnull=False,
                    sealed__isnull=True,
                ),
                violation_error_message=(
                    "A federated token expires and is never kept readable."
                ),
            ),
            matches_key_id("robots_robottoken_key_id_valid"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Federated ones come and go by the million, and nobody is told of them.
            models.Index(
                fields=["expires_at"],
                name="robots_token_static_end",
                condition=Q(origin=TokenOrigin.STATIC, expires_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_origin_display()} token {self.pk} of {self.robot}"
