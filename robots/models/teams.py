"""Teams of an organization, and their members: people and robots."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from robots import names
from robots.errors import NameInvalid
from robots.models.constraints import SameNamespace
from robots.models.namespaces import Namespace
from robots.models.robots import Robot
from robots.models.rules import exactly_one, known_value, matches_name
from robots.roles import TeamRole


class Team(models.Model):
    """A named group of one organization; its role counts in that organization."""

    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="teams"
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    role = models.PositiveSmallIntegerField(
        choices=TeamRole.choices, default=TeamRole.MEMBER
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["namespace_id", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_name("name", "robots_team_name_valid"),
            known_value("role", TeamRole, "robots_team_role_known"),
            models.UniqueConstraint(
                fields=["namespace", "name"], name="robots_team_name_unique"
            ),
            models.UniqueConstraint(
                fields=["id", "namespace"], name="robots_team_id_namespace"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            names.check_team_name(self.name)
        except NameInvalid as error:
            raise ValidationError({"name": error.message}) from None
        if self.namespace_id and not self.namespace.is_organization:
            raise ValidationError(
                {"namespace": "Only organizations have teams; choose an organization."}
            )


class TeamMember(models.Model):
    """A person, or a robot of the team's own namespace, in a team."""

    # Alone it would lead to all members of the namespace, where one is asked for.
    namespace = models.ForeignKey(
        Namespace,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        db_index=False,
    )
    # The unique indexes begin with it.
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="team_memberships",
    )
    robot = models.ForeignKey(
        Robot,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="team_memberships",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["team_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            exactly_one("user", "robot", name="robots_teammember_one_member"),
            models.UniqueConstraint(
                fields=["team", "user"], name="robots_teammember_user_unique"
            ),
            models.UniqueConstraint(
                fields=["team", "robot"], name="robots_teammember_robot_unique"
            ),
            SameNamespace(field="team", name="robots_teammember_team_namespace"),
            SameNamespace(field="robot", name="robots_teammember_robot_namespace"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["namespace", "user"], name="robots_member_user"),
            models.Index(fields=["namespace", "robot"], name="robots_member_robot"),
        ]

    def __str__(self) -> str:
        return f"{self.robot or self.user} in {self.team}"

    def clean(self) -> None:
        if self.team_id:
            self.namespace_id = self.team.namespace_id
