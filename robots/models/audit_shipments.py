"""How far audit events were shipped to each destination."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class AuditShipment(models.Model):
    """The cursor of one destination, and who is shipping to it at the moment."""

    destination = models.CharField(max_length=64, primary_key=True)
    last_event = models.PositiveBigIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="robots_shipment_names_destination",
                condition=~Q(destination=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.destination[:12]} up to event {self.last_event}"
