"""Trusts: which identity of which issuer may act as a robot."""

from typing import ClassVar

from django.db import models

from robots.models import Robot


class Trust(models.Model):
    """One entry of a robot's federation: who, according to whom, and for whom."""

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="trusts")
    issuer = models.CharField(max_length=2048)
    subject = models.CharField(max_length=2048)
    audiences = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id", "id"]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer} as {self.robot}"
