"""How a trust is shown: in Quay's list, alone, and in the OpenAPI document."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from federation import trust_facts
from federation.api.bodies import ConditionView
from federation.entries import Entry, SubjectMatch
from federation.linter import grade
from federation.models import Trust, with_live_tokens
from robots.api.formats import date
from robots.models import Robot
from robots.moments import moment_text

_LEVELS = ["ok", "warning", "refused"]
_WHY = ("check", "claim", "expected", "actual", "reason")


class AnyValue(serializers.JSONField):
    """Any JSON value, null included."""


class TrustSaid(serializers.Serializer[Any]):
    """One trust; beside the first two, only what is not as usual."""

    issuer = serializers.CharField()
    subject = serializers.CharField()
    audiences = serializers.ListField(child=serializers.CharField(), required=False)
    name = serializers.CharField(required=False)
    subject_match = serializers.ChoiceField(
        [match.value for match in SubjectMatch], required=False
    )
    ignore_case = serializers.BooleanField(required=False)
    conditions = ConditionView(many=True, required=False)
    max_age = serializers.IntegerField(required=False, help_text="Seconds.")
    single_use = serializers.BooleanField(required=False)
    keys = serializers.CharField(required=False, help_text="A JWK set.")
    enabled = serializers.BooleanField(required=False)
    expires_at = serializers.CharField(required=False, help_text="RFC 3339.")


class FindingView(serializers.Serializer[Any]):
    """Something that a trust leaves open, and what to do about it."""

    code = serializers.CharField()
    level = serializers.ChoiceField(_LEVELS)
    reason = serializers.CharField()
    cure = serializers.CharField()


class GradeView(serializers.Serializer[Any]):
    """What the linter thinks of a trust."""

    level = serializers.ChoiceField(_LEVELS)
    findings = FindingView(many=True)


class RefusalView(serializers.Serializer[Any]):
    """What a trust did not let in: which check failed, and on what."""

    check = serializers.CharField()
    claim = serializers.CharField(allow_blank=True)
    expected = AnyValue()
    actual = AnyValue()
    reason = serializers.CharField()
    at = serializers.CharField(allow_null=True, help_text="RFC 2822.")


class TrustReply(serializers.Serializer[Any]):
    """One trust, all that it says, and what became of it. A dry run has no `id`."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    issuer = serializers.CharField()
    subject = serializers.CharField()
    subject_match = serializers.ChoiceField([match.value for match in SubjectMatch])
    ignore_case = serializers.BooleanField()
    audiences = serializers.ListField(child=serializers.CharField())
    conditions = ConditionView(many=True)
    max_age = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    single_use = serializers.BooleanField()
    keys = serializers.CharField(allow_blank=True, help_text="A JWK set.")
    enabled = serializers.BooleanField()
    expires_at = serializers.CharField(allow_null=True, help_text="RFC 3339.")
    created = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    created_by = serializers.CharField(allow_blank=True)
    last_used = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    last_refused = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    last_refusal = RefusalView(allow_null=True)
    tokens = serializers.IntegerField(help_text="Live tokens that were earned by it.")
    grade = GradeView()


class TrustList(serializers.Serializer[Any]):
    """Some trusts, in the robot's order, and where the next ones are."""

    trusts = TrustReply(many=True)
    next_page = serializers.CharField(required=False)


def listed(entry: Entry) -> dict[str, Any]:
    """A trust as Quay's list has it: two fields, and what else is not as usual."""
    return _with_end(trust_facts.stated(entry), entry)


def trusts_of(robot: Robot) -> QuerySet[Any]:
    """The robot's trusts, each with `live`, the number of its live tokens."""
    return with_live_tokens(Trust.objects.filter(robot=robot))


def trust_view(trust: Trust, live: int) -> dict[str, Any]:
    """One trust, stored or only planned, that has `live` tokens."""
    entry = trust.entry
    return {
        "id": trust.pk,
        **_with_end(trust_facts.every(entry), entry),
        "created": date(trust.created_at),
        "created_by": trust.created_by,
        "last_used": date(trust.last_used_at),
        "last_refused": date(trust.last_refused_at),
        "last_refusal": _refusal(trust),
        "tokens": live,
        "grade": grade(entry).facts(),
    }


def _with_end(facts: dict[str, Any], entry: Entry) -> dict[str, Any]:
    if "expires_at" in facts:
        facts["expires_at"] = moment_text(entry.expires_at)
    return facts


def _refusal(trust: Trust) -> dict[str, Any] | None:
    if trust.last_refusal is None:
        return None
    why = {name: trust.last_refusal.get(name) for name in _WHY}
    return {**why, "at": date(trust.last_refused_at)}
