"""Points in time in bodies that are ours, not Quay's (contract 0.7 has the others)."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from robots.ends import RULE, is_end

_BAD = "{shown} is not a date and time like 2030-01-31T12:00:00Z"
_FAR = f"{{shown}} is not {RULE}"


class Moment(serializers.DateTimeField):
    """An end: an ISO 8601 or RFC 3339 date and time; UTC where it names no zone."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            raise serializers.ValidationError(f"{value!r} is not of type 'string'")
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
        except ValueError:
            raise serializers.ValidationError(_BAD.format(shown=repr(value))) from None
        if not is_end(moment):
            raise serializers.ValidationError(_FAR.format(shown=repr(value)))
        return moment.astimezone(UTC)
