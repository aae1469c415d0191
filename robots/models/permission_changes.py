"""What a bulk change did to each repository: the small print of its audit event."""

from typing import ClassVar

from django.db import models

from robots.models.audit import AuditEvent
from robots.roles import Role


class Change(models.IntegerChoices):
    """What happened to one permission."""

    ADDED = 1, "added"
    CHANGED = 2, "changed"
    REMOVED = 3, "removed"


class PermissionChange(models.Model):
    """One repository of one bulk change; grantee and new role are the event's facts."""

    event = models.ForeignKey(
        AuditEvent,
        on_delete=models.CASCADE,
        # Thousands of rows go in with each event, and it is there before them.
        db_constraint=False,
        related_name="permission_changes",
    )
    repository_name = models.CharField(max_length=255)
    change = models.PositiveSmallIntegerField(choices=Change.choices)
    before_role = models.PositiveSmallIntegerField(null=True, choices=Role.choices)
    before_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["event_id", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["repository_name"], name="robots_change_repository"),
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()} on {self.repository_name}"
