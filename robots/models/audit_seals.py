"""Seals of audit events: each vouches for some, and for the seal before it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class AuditSeal(models.Model):
    """One link of the chain (`robots.audit_chain`); only ever added.

    It covers every event with an id after those of the seal before it, up to
    `last_event`. `leaves` has a digest of each, and is emptied when they are purged.
    A seal with a `purged_event` lets the events up to that one be deleted.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64)
    first_event = models.PositiveBigIntegerField()
    last_event = models.PositiveBigIntegerField()
    event_count = models.PositiveIntegerField()
    leaves = models.BinaryField()
    digest = models.CharField(max_length=64)
    purged_event = models.PositiveBigIntegerField(null=True, db_index=True)
    sealed_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    mac = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_seal_numbers_from_one", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="robots_seal_covers_events",
                condition=Q(event_count__gte=1, last_event__gte=F("first_event")),
            ),
            models.CheckConstraint(
                name="robots_seal_purges_older_events",
                condition=Q(purged_event__isnull=True)
                | Q(purged_event__lt=F("first_event")),
            ),
            models.UniqueConstraint(
                fields=["last_event"], name="robots_seal_last_event_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
