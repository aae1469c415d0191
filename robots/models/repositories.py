"""Repositories: `namespace/name`, with visibility and state."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from robots import names
from robots.errors import NameInvalid
from robots.models.constraints import SameNamespace
from robots.models.namespaces import Namespace
from robots.models.robots import Robot
from robots.models.rules import known_value, matches_repository_name
from robots.roles import State, Visibility


class Repository(models.Model):
    """A repository of the registry, as far as deciding about it needs to know."""

    # The unique index of its name begins with it.
    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="repositories", db_index=False
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    visibility = models.PositiveSmallIntegerField(
        choices=Visibility.choices, default=Visibility.PRIVATE
    )
    state = models.PositiveSmallIntegerField(
        choices=State.choices, default=State.NORMAL
    )
    mirror_robot = models.ForeignKey(
        Robot,
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="mirrored_repositories",
        help_text="While the state is MIRROR, only this robot pushes.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "repositories"
        ordering: ClassVar[list[str]] = ["namespace_id", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_repository_name("name", "robots_repository_name_valid"),
            known_value("visibility", Visibility, "robots_repository_visibility_known"),
            known_value("state", State, "robots_repository_state_known"),
            models.UniqueConstraint(
                fields=["namespace", "name"], name="robots_repository_name_unique"
            ),
            models.UniqueConstraint(
                fields=["id", "namespace"], name="robots_repository_id_namespace"
            ),
            SameNamespace(
                field="mirror_robot", name="robots_repository_mirror_namespace"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.namespace.name}/{self.name}"

    def clean(self) -> None:
        try:
            names.check_repository_name(self.name)
        except NameInvalid as error:
            raise ValidationError({"name": error.message}) from None
