"""The sign of life by which a replica proves how old its answers are."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

THE_ONE = 1
"""The key of the one row."""


class ReplicationBeat(models.Model):
    """One row: the primary's last beat, which only ever grows (`robots.replica_watch`).

    A replica applies commits in their order. So who reads a beat there sees all that
    was committed on the primary before it.
    """

    id = models.PositiveSmallIntegerField(
        primary_key=True, default=THE_ONE, editable=False
    )
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_replication_beat_is_one", condition=Q(id=THE_ONE)
            )
        ]

    def __str__(self) -> str:
        return f"beat of {self.at}"
