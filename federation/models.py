"""Trusts: which identity of which issuer may act as a robot."""

from typing import Any, ClassVar

from django.db import models

from federation.entries import MAX_LENGTH, Entry
from robots.models import Robot


class Trust(models.Model):
    """One entry of a robot's federation: who, according to whom, and for whom.

    No audiences means any. `position` is its place in the robot's list.
    """

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="trusts")
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    issuer = models.CharField(max_length=MAX_LENGTH)
    subject = models.CharField(max_length=MAX_LENGTH)
    digest = models.CharField(max_length=64, editable=False)
    audiences = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id", "position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["robot", "digest"], name="federation_trust_identity_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer} as {self.robot}"

    @classmethod
    def of(cls, robot: Robot, entry: Entry, position: int = 0) -> "Trust":
        """A trust, not stored yet, that says what `entry` says."""
        return cls(
            robot=robot,
            position=position,
            issuer=entry.issuer,
            subject=entry.subject,
            digest=entry.digest,
            audiences=list(entry.audiences),
        )

    @property
    def entry(self) -> Entry:
        return Entry(self.issuer, self.subject, tuple(self.audiences))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest = self.entry.digest
        super().save(*args, **kwargs)
