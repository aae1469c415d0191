"""Secrets that another registry kept as a slow hash: good until their first login."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.robots import Robot


class ImportedSecret(models.Model):
    """A robot's secret as PBKDF2-HMAC-SHA256 has it; `salt` and `digest` are hex.

    The first login with it makes a token of ours out of it, and this row goes.
    """

    robot = models.OneToOneField(
        Robot, on_delete=models.CASCADE, related_name="imported_secret"
    )
    iterations = models.PositiveIntegerField()
    salt = models.CharField(max_length=128, editable=False)
    digest = models.CharField(max_length=128, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_imported_secret_is_slow",
                condition=Q(iterations__gte=1_000, iterations__lte=1_000_000),
            ),
            models.CheckConstraint(
                name="robots_imported_secret_digest_valid",
                condition=Q(digest__regex=r"\A[0-9a-f]{32,128}\Z"),
            ),
        ]

    def __str__(self) -> str:
        return f"imported secret of {self.robot}"
