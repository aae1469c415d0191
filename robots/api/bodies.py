"""Request bodies: serializers whose errors read as those of Quay's JSON schemas.

The first line of each text is what clients may match on (contract 0.6).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, UnsupportedMediaType
from rest_framework.request import Request

from robots.api.errors import ApiError

_MISSING = "Missing JSON body"

_ABSENT = {None, "", "0"}
"""What the length of a body is where there is none."""


class Text(serializers.CharField):
    """A JSON string, kept byte for byte; nothing else is taken for one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", True)
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            _wrong_type(data, "string")
        return super().to_internal_value(data)


class Texts(serializers.ListField):
    """A JSON array of strings; one field for each of 100,000 would take seconds."""

    child = Text()

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise serializers.ValidationError(f"{data!r} is not of type 'array'")
        for item in data:
            if not isinstance(item, str):
                raise serializers.ValidationError(f"{item!r} is not of type 'string'")
        return data


class Flag(serializers.BooleanField):
    """A JSON boolean."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            _wrong_type(data, "boolean")
        return data


class WholeNumber(serializers.IntegerField):
    """A JSON integer."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            _wrong_type(data, "integer")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of some strings."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            _wrong_type(data, "string")
        if data not in self.choices:
            raise serializers.ValidationError(
                f"{data!r} is not one of {list(self.choices)!r}"
            )
        return data


class JsonObject(serializers.DictField):
    """A JSON object with any content."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            _wrong_type(data, "object")
        return dict(data)


class Body(serializers.Serializer[Any]):
    """A JSON object; keys that it does not name are ignored, as Quay does."""


class StrictBody(Body):
    """A JSON object in which a key that is not known is an error (rule R10).

    `echoed` are those of an answer, which pages send back with what they change.
    """

    echoed: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields) - self.echoed)
            if unknown:
                text = (
                    f"Additional properties are not allowed: {', '.join(unknown)};"
                    f" known are {', '.join(self.fields)}"
                )
                raise serializers.ValidationError({"non_field_errors": [text]})
        return super().to_internal_value(data)


def validated(
    serializer: type[serializers.Serializer[Any]], request: Request
) -> dict[str, Any]:
    """The valid body; raises ApiError, or what a missing or unreadable one earns."""
    if not _is_json(request):
        raise UnsupportedMediaType(request.content_type or "")
    return _checked(serializer, request.data)


def optional(
    serializer: type[serializers.Serializer[Any]], request: Request
) -> dict[str, Any]:
    """The valid body; an absent one, or `null`, is `{}`.

    Raises ApiError for one that is not valid, UnsupportedMediaType for one that does
    not say that it is JSON, ParseError for one that says so and is none.
    """
    if request.META.get("CONTENT_LENGTH") in _ABSENT:
        return _checked(serializer, {})
    if not _is_json(request):
        raise UnsupportedMediaType(request.content_type or "")
    return _checked(serializer, {} if request.data is None else request.data)


def json_of(request: Request) -> Any:
    """The JSON body, of any type but null; raises what a missing one earns."""
    if not _is_json(request):
        raise UnsupportedMediaType(request.content_type or "")
    if request.data is None or request.META.get("CONTENT_LENGTH") in _ABSENT:
        raise ApiError(_MISSING)
    return request.data


def check(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Validate `data`, whose errors are ApiErrors."""
    return _checked(serializer, data)


def _checked(
    serializer: type[serializers.Serializer[Any]], data: Any
) -> dict[str, Any]:
    if data is None:
        raise ApiError(_MISSING)
    if not isinstance(data, Mapping):
        raise ApiError(f"{data!r} is not of type 'object'")
    bound = serializer(data=data)
    if not bound.is_valid():
        raise ApiError(_first_line(bound.errors, data))
    return dict(bound.validated_data)


def _is_json(request: Request) -> bool:
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    return media_type == "application/json"


def _wrong_type(data: Any, wanted: str) -> NoReturn:
    raise serializers.ValidationError(f"{data!r} is not of type {wanted!r}")


def _first_line(errors: Any, data: Any) -> str:
    """The text of the first error, in the words of a JSON schema's report."""
    if isinstance(errors, list):
        return str(errors[0])
    name, inner = next(iter(errors.items()))
    if name == "non_field_errors":
        return str(inner[0])
    value = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(inner, Mapping):
        return _first_line(inner, value)
    at, first = next((at, error) for at, error in enumerate(inner) if error)
    if not isinstance(first, Mapping):
        return _text(name, value, first)
    return _first_line(first, value[at] if isinstance(value, list) else None)


def _text(name: str, value: Any, error: ErrorDetail) -> str:
    match error.code:
        case "required":
            return f"{name!r} is a required property"
        case "null":
            return "None is not of type 'string'"
        case "max_length":
            return f"{value!r} is too long"
        case "min_length" | "blank":
            return f"{value!r} is too short"
        case "min_value":
            return f"{value!r} is less than the minimum"
        case "max_value":
            return f"{value!r} is greater than the maximum"
    return str(error)
