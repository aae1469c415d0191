"""Robot accounts: `namespace+name`, limited to their namespace."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from robots import names
from robots.errors import NameInvalid
from robots.models.namespaces import Namespace
from robots.models.rules import matches_name


class Robot(models.Model):
    """A machine's account. Its secrets are its `tokens`."""

    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="robots"
    )
    name = models.CharField(
        max_length=255, help_text="The part after the +, without the namespace."
    )
    description = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(
        default=True, help_text="While off, none of the robot's tokens works."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on none of its tokens works."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "robot account"
        ordering: ClassVar[list[str]] = ["namespace_id", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_name("name", "robots_robot_name_valid"),
            models.UniqueConstraint(
                fields=["namespace", "name"], name="robots_robot_name_unique"
            ),
            models.UniqueConstraint(
                fields=["id", "namespace"], name="robots_robot_id_namespace"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.namespace.name}+{self.name}"

    def clean(self) -> None:
        if not self.namespace_id:
            return
        try:
            names.check_robot_name(self.namespace.name, self.name)
        except NameInvalid as error:
            raise ValidationError({"name": error.message}) from None
