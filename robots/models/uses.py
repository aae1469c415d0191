"""Uses: who pulled from and pushed to which repository, and when last."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from robots.models.repositories import Repository
from robots.models.robots import Robot
from robots.models.rules import exactly_one

USED_ACTIONS = ("pull", "push", "delete")
"""The actions of `robots.roles` whose use is kept."""


class RepositoryUse(models.Model):
    """The first and the latest use of one action by one robot or person."""

    # The unique indexes begin with it.
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, related_name="uses", db_index=False
    )
    robot = models.ForeignKey(
        Robot,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repository_uses",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repository_uses",
    )
    action = models.CharField(max_length=8)
    first_used_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "repository uses"
        ordering: ClassVar[list[str]] = ["repository_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            exactly_one("robot", "user", name="robots_use_one_caller"),
            models.CheckConstraint(
                name="robots_use_action_known", condition=Q(action__in=USED_ACTIONS)
            ),
            models.UniqueConstraint(
                fields=["repository", "robot", "action"], name="robots_use_robot_unique"
            ),
            models.UniqueConstraint(
                fields=["repository", "user", "action"], name="robots_use_user_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.repository} by {self.robot or self.user}"
