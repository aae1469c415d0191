"""Secrets that another registry kept as a slow hash: good until their first login."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.robots import Robot


class ImportedSecret(models.Model):
    """A robot's secret as `robots.imported_secrets` hashes it; both texts are hex.

    The first login with it makes a token of ours out of it, and this row goes.
    """

    robot = models.OneToOneField(
        Robot, on_delete=models.CASCADE, related_name="imported_secret"
    )
    salt = models.CharField(max_length=128, editable=False)
    digest = models.CharField(max_length=32, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    is_replaced = models.BooleanField(default=False, editable=False)
    """Whether its robot has a newer token, so that a token made of it ends with it."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_importedsecret_salt_valid",
                condition=Q(salt__regex=r"\A(?:[0-9a-f][0-9a-f])+\Z"),
            ),
            models.CheckConstraint(
                name="robots_importedsecret_digest_valid",
                condition=Q(digest__regex=r"\A[0-9a-f]{32}\Z"),
            ),
        ]

    def __str__(self) -> str:
        return f"imported secret of {self.robot}"
