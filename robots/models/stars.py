"""Stars: the repositories that a person keeps at hand."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from robots.models.repositories import Repository


class Star(models.Model):
    """One person's mark on one repository; it grants nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stars"
    )
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, related_name="stars"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["user_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "repository"], name="robots_star_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository} of {self.user}"
