"""Trusts, the tokens that they earned, and the tokens of issuers that are used up."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.conditions import parse
from federation.entries import MAX_LENGTH, MAX_NAME, Entry, SubjectMatch
from robots.models import Robot, RobotToken


class Trust(models.Model):
    """One entry of a robot's federation: who, according to whom, and for whom.

    No audiences means any. `position` is its place in the robot's list. `revision`
    grows with each change of what it says.
    """

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="trusts")
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    name = models.CharField(max_length=MAX_NAME, blank=True, default="")
    issuer = models.CharField(max_length=MAX_LENGTH)
    subject = models.CharField(max_length=MAX_LENGTH)
    subject_match = models.CharField(
        max_length=8,
        choices=[(match.value, match.value) for match in SubjectMatch],
        default=SubjectMatch.EXACT.value,
    )
    ignore_case = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, editable=False)
    audiences = models.JSONField(default=list, blank=True)
    conditions = models.JSONField(default=list, blank=True)
    max_age = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds.")
    single_use = models.BooleanField(default=False)
    keys = models.TextField(blank=True, default="", help_text="A JWK set.")
    enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=255, blank=True, default="")
    revision = models.PositiveIntegerField(default=0, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_refused_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_refusal = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["robot_id", "position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["robot", "digest"], name="federation_trust_identity_unique"
            ),
            models.CheckConstraint(
                name="federation_trust_match_known",
                condition=Q(subject_match__in=[match.value for match in SubjectMatch]),
            ),
            models.CheckConstraint(
                name="federation_trust_names_someone",
                condition=~Q(issuer="") & ~Q(subject=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer} as {self.robot}"

    @classmethod
    def of(
        cls, robot: Robot, entry: Entry, position: int = 0, created_by: str = ""
    ) -> "Trust":
        """A trust, not stored yet, that says what `entry` says."""
        trust = cls(robot=robot, position=position, created_by=created_by)
        trust.say(entry)
        return trust

    def say(self, entry: Entry) -> None:
        """Take over what `entry` says; not stored yet."""
        self.revision += 1
        for name, value in columns(entry).items():
            setattr(self, name, value)

    @property
    def entry(self) -> Entry:
        return Entry(
            issuer=self.issuer,
            subject=self.subject,
            audiences=tuple(self.audiences),
            name=self.name,
            subject_match=SubjectMatch(self.subject_match),
            ignore_case=self.ignore_case,
            conditions=tuple(parse(item) for item in self.conditions),
            max_age=self.max_age,
            single_use=self.single_use,
            keys=self.keys,
            enabled=self.enabled,
            expires_at=self.expires_at,
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest = self.entry.digest
        super().save(*args, **kwargs)


def with_live_tokens(trusts: models.QuerySet[Trust]) -> models.QuerySet[Any]:
    """The trusts, each with `live`, the number of its tokens that have not ended."""
    alive = Q(tokens__token__expires_at__gt=timezone.now())
    return trusts.annotate(live=models.Count("tokens", alive))


def columns(entry: Entry) -> Mapping[str, Any]:
    """The columns of a trust that say what `entry` says."""
    return {
        "issuer": entry.issuer,
        "subject": entry.subject,
        "audiences": list(entry.audiences),
        "name": entry.name,
        "subject_match": entry.subject_match.value,
        "ignore_case": entry.ignore_case,
        "conditions": [condition.facts() for condition in entry.conditions],
        "max_age": entry.max_age,
        "single_use": entry.single_use,
        "keys": entry.keys,
        "enabled": entry.enabled,
        "expires_at": entry.expires_at,
        "digest": entry.digest,
    }


class FederatedToken(models.Model):
    """What a federated robot token was earned with; no token lives without it.

    `provenance` is what the issuer said: whom it is of, run, commit, workflow (R7).
    """

    token = models.OneToOneField(
        RobotToken,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="federated",
    )
    trust = models.ForeignKey(Trust, on_delete=models.CASCADE, related_name="tokens")
    provenance = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.token} by {self.trust}"


class UsedAssertion(models.Model):
    """A token of an issuer that was used, and by whom, until it has expired.

    `source` is the address that it is bound to, where it is a password; it is empty
    where it was exchanged, and then it is used up.
    """

    digest = models.CharField(max_length=64)
    # A token that was used up stays so when the robot is gone, or made anew.
    robot = models.ForeignKey(
        Robot, null=True, on_delete=models.SET_NULL, related_name="used_assertions"
    )
    source = models.CharField(max_length=64, blank=True, default="")
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["digest"], name="federation_assertion_used_once"
            ),
        ]

    def __str__(self) -> str:
        return f"token of {self.robot}, until {self.expires_at}"
