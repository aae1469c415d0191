"""Robot tokens: the secrets of a robot, at rest as rules R6 and R7 have it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.robots import Robot


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
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

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
        ]

    def __str__(self) -> str:
        return f"{self.get_origin_display()} token {self.pk} of {self.robot}"
