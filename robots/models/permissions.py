"""Grants: repository permissions, and what a new repository grants at once."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from robots.models.constraints import SameNamespace
from robots.models.namespaces import Namespace
from robots.models.repositories import Repository
from robots.models.robots import Robot
from robots.models.rules import at_most_one, exactly_one, known_value
from robots.models.teams import Team
from robots.roles import Role


class RepositoryPermission(models.Model):
    """One repository, one grantee (user, robot or team), one role, maybe an end."""

    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="+", editable=False
    )
    # The unique indexes begin with it.
    repository = models.ForeignKey(
        Repository,
        on_delete=models.CASCADE,
        related_name="permissions",
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repository_permissions",
    )
    robot = models.ForeignKey(
        Robot,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repository_permissions",
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="repository_permissions",
    )
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on this counts for nothing."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["repository_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            known_value("role", Role, "robots_permission_role_known"),
            exactly_one("user", "robot", "team", name="robots_permission_one_grantee"),
            models.UniqueConstraint(
                fields=["repository", "user"], name="robots_permission_user_unique"
            ),
            models.UniqueConstraint(
                fields=["repository", "robot"], name="robots_permission_robot_unique"
            ),
            models.UniqueConstraint(
                fields=["repository", "team"], name="robots_permission_team_unique"
            ),
            SameNamespace(
                field="repository", name="robots_permission_repository_namespace"
            ),
            SameNamespace(field="robot", name="robots_permission_robot_namespace"),
            SameNamespace(field="team", name="robots_permission_team_namespace"),
        ]

    def __str__(self) -> str:
        return f"{self.grantee}: {self.get_role_display()} on {self.repository}"

    @property
    def grantee(self) -> models.Model | None:
        return self.robot or self.team or self.user

    def clean(self) -> None:
        if self.repository_id:
            self.namespace_id = self.repository.namespace_id


class DefaultPermission(models.Model):
    """What a repository grants as soon as it is created; Quay says "prototype".

    `creator_user` or `creator_robot` limits it to repositories that one creates;
    with neither set it holds for every creator.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="default_permissions"
    )
    creator_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    creator_robot = models.ForeignKey(
        Robot, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="default_permissions",
    )
    robot = models.ForeignKey(
        Robot,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="default_permissions",
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="default_permissions",
    )
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["namespace_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            known_value("role", Role, "robots_default_role_known"),
            exactly_one("user", "robot", "team", name="robots_default_one_grantee"),
            at_most_one(
                "creator_user", "creator_robot", name="robots_default_one_creator"
            ),
            SameNamespace(field="robot", name="robots_default_robot_namespace"),
            SameNamespace(field="team", name="robots_default_team_namespace"),
            SameNamespace(
                field="creator_robot", name="robots_default_creator_namespace"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grantee}: {self.get_role_display()} in {self.namespace}"

    @property
    def grantee(self) -> models.Model | None:
        return self.robot or self.team or self.user
