"""What the token endpoint leaves behind: how much it was used, day by day."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models import Namespace


class IssuedTokens(models.Model):
    """How many registry tokens one namespace's robots were given on one day (UTC).

    Those of people and of anonymous callers are counted together, without a
    namespace. Written by `registryauth.issued`.
    """

    day = models.DateField()
    namespace = models.ForeignKey(
        Namespace,
        null=True,
        on_delete=models.CASCADE,
        # A count that waited in memory may be written when the namespace is gone.
        db_constraint=False,
        related_name="+",
    )
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "issued tokens"
        ordering: ClassVar[list[str]] = ["day", "namespace_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["day", "namespace"], name="registryauth_issued_unique"
            ),
            models.UniqueConstraint(
                fields=["day"],
                condition=Q(namespace__isnull=True),
                name="registryauth_issued_people_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"
