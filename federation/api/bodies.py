"""What may be said of a trust. What is not known is refused (S-22)."""

import json
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from federation.conditions import MAX_VALUES, Condition, Operator, parse
from federation.entries import Entry, SubjectMatch
from robots.api.bodies import Choice, Flag, StrictBody, Text, Texts, WholeNumber
from robots.api.moments import Moment

_VALUE = {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
_KEYS = {"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": {}}]}


@extend_schema_field({"type": "array", "items": _VALUE})
class Values(serializers.ListField):
    """A JSON array of strings, whole numbers and booleans."""


class ConditionView(serializers.Serializer[Any]):
    """One claim, and what it must be."""

    claim = serializers.CharField(
        help_text="A claim's name, or a JSON Pointer (RFC 6901) to a nested one."
    )
    operator = serializers.ChoiceField(
        [operator.value for operator in Operator],
        required=False,
        help_text="`equals` takes one value. In a `glob`, `*` stands for any"
        " characters but `/`, `:` and `@`, and `**` for those too.",
    )
    values = Values(help_text=f"1 to {MAX_VALUES}; JSON types must agree.")
    ignore_case = serializers.BooleanField(required=False)


@extend_schema_field(ConditionView(many=True))
class Conditions(serializers.ListField):
    """A JSON array of conditions, all of which must hold."""

    def to_internal_value(self, data: Any) -> list[Condition]:
        """Raises TrustInvalid for one that cannot be."""
        if not isinstance(data, list):
            raise serializers.ValidationError(f"{data!r} is not of type 'array'")
        return [parse(item) for item in data]


@extend_schema_field(_KEYS)
class KeySet(serializers.Field[Any, Any, Any, Any]):
    """A JWK set, as a JSON object or as its text; it is kept as text."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, Mapping):
            return json.dumps(data)
        if not isinstance(data, str):
            raise serializers.ValidationError(f"{data!r} is not of type 'string'")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class TrustBody(StrictBody):
    """One trust: who may act as the robot, according to whom, for whom, and when."""

    issuer = Text(help_text="A URL; what `iss` of its tokens says, byte for byte.")
    subject = Text(help_text="What `sub` says; or a glob, see `subject_match`.")
    audiences = Texts(
        required=False,
        help_text="Each `aud` must be one of them; any if none is given.",
    )
    name = Text(required=False, help_text="For people: shown and searched.")
    subject_match = Choice(
        [match.value for match in SubjectMatch],
        required=False,
        help_text="In a `glob`, `*` stands for any characters but `/`, `:` and `@`,"
        " and `**` for those too.",
    )
    ignore_case = Flag(required=False, help_text="Of the subject.")
    conditions = Conditions(required=False)
    max_age = WholeNumber(
        required=False, allow_null=True, help_text="Seconds since `iat`, at most."
    )
    single_use = Flag(required=False, help_text="Each token works once.")
    keys = KeySet(
        required=False, help_text="The issuer's JWK set, if it cannot be asked for it."
    )
    enabled = Flag(required=False)
    expires_at = Moment(
        required=False, allow_null=True, help_text="When the trust ends; RFC 3339."
    )


class NewTrustBody(TrustBody):
    """One trust more; with `dry_run` only what it would be."""

    dry_run = Flag(required=False)


class TrustChanges(TrustBody):
    """What may be changed; what is not named stays as it is."""

    issuer = Text(required=False)
    subject = Text(required=False)


def fields_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a valid body says, as the fields of an Entry."""
    fields = dict(said)
    for name in ("audiences", "conditions"):
        if name in fields:
            fields[name] = tuple(fields[name])
    if "subject_match" in fields:
        fields["subject_match"] = SubjectMatch(fields["subject_match"])
    return fields


def entry_of(said: Mapping[str, Any]) -> Entry:
    """The entry that a valid body describes."""
    return Entry(**fields_of(said))
