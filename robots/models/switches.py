"""Emergency switches: what stops robots at once, and lets them go on again."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from robots.models.namespaces import Namespace
from robots.models.robots import Robot
from robots.models.rules import exactly_one
from robots.names import SIMPLE_NAME

MAX_ISSUER = 2048
"""Bytes of an issuer: an index of PostgreSQL holds 2,704 in one entry."""

_FULL_NAME = rf"{SIMPLE_NAME}\+{SIMPLE_NAME}"


class EmergencySwitch(models.Model):
    """Stops every robot of its one target from now on: the row is there while it is on.

    The target is the site, a namespace, one robot, or an issuer, whose tokens then earn
    nothing and whose earned ones are refused; byte for byte as trusts name it. A switch
    that has ended counts for nothing, and its row is used again. `allowed` are full
    names of robots that go on working, one a line.
    """

    site = models.BooleanField(null=True, default=None, editable=False)
    namespace = models.ForeignKey(
        Namespace, null=True, on_delete=models.CASCADE, related_name="+"
    )
    robot = models.ForeignKey(
        Robot, null=True, on_delete=models.CASCADE, related_name="+"
    )
    issuer = models.CharField(max_length=MAX_ISSUER, null=True)
    reason = models.CharField(max_length=255)
    allowed = models.TextField(blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    turned_on_at = models.DateTimeField()
    turned_on_by = models.CharField(max_length=255)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            exactly_one(
                "site",
                "namespace",
                "robot",
                "issuer",
                name="robots_switch_one_target",
            ),
            models.CheckConstraint(
                name="robots_switch_site_is_true",
                condition=Q(site__isnull=True) | Q(site=True),
            ),
            models.UniqueConstraint(fields=["site"], name="robots_switch_site_unique"),
            models.UniqueConstraint(
                fields=["namespace"], name="robots_switch_namespace_unique"
            ),
            models.UniqueConstraint(
                fields=["robot"], name="robots_switch_robot_unique"
            ),
            models.UniqueConstraint(
                fields=["issuer"], name="robots_switch_issuer_unique"
            ),
            models.CheckConstraint(
                name="robots_switch_issuer_is_url",
                condition=Q(issuer__isnull=True) | Q(issuer__regex=r"\Ahttps?://"),
                violation_error_message="An issuer begins with http:// or https://.",
            ),
            models.CheckConstraint(
                name="robots_switch_robot_allows_none",
                condition=Q(robot__isnull=True) | Q(allowed=""),
                violation_error_message="A switch of one robot excepts none.",
            ),
            models.CheckConstraint(
                name="robots_switch_has_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="robots_switch_allows_robots",
                condition=Q(
                    allowed__regex=rf"\A(?:{_FULL_NAME}(?:\n{_FULL_NAME})*)?\Z"
                ),
                violation_error_message="Name robots in full, one a line.",
            ),
        ]

    def __str__(self) -> str:
        return f"emergency switch of {self.target_name}"

    @property
    def target_name(self) -> str:
        """Whose robots it stops, in words."""
        if self.robot is not None:
            return f"robot {self.robot}"
        if self.issuer is not None:
            return f"issuer {self.issuer}"
        return str(self.namespace or "the site")

    @property
    def allowed_names(self) -> list[str]:
        return self.allowed.split()

    def is_on(self, now: datetime) -> bool:
        return self.ends_at is None or self.ends_at > now
