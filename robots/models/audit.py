"""Audit events: what happened, to whom, by whom; only ever added to."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from robots.models.namespaces import Namespace


class AuditEvent(models.Model):
    """One change or refusal. It outlives what it speaks of, so names are copied."""

    kind = models.CharField(max_length=64, db_index=True)
    namespace = models.ForeignKey(
        Namespace,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    namespace_name = models.CharField(max_length=255, blank=True)
    repository_name = models.CharField(max_length=511, blank=True)
    performer_kind = models.CharField(max_length=16)
    performer_name = models.CharField(max_length=255)
    performer_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-created_at"], name="robots_audit_time"),
            models.Index(
                fields=["namespace", "-created_at"], name="robots_audit_namespace_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.performer_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit events are only ever added")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("audit events are only ever added")
