"""A robot's metadata as text in a form: one JSON object, or nothing."""

import json
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from robots.errors import DomainError
from robots.text import check_storable

MAX_LENGTH = 65_536
"""Characters of JSON text."""

_RULE = (
    f"Enter one JSON object, such as {{}}, of at most {MAX_LENGTH} characters,"
    " without NaN, Infinity, NUL characters or lone surrogates."
)


def shown_json(value: Any) -> str:
    """Indented JSON that can always be sent: a lone surrogate stays an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class MetadataField(forms.JSONField):
    """Refuses what one of the databases cannot keep, however it is nested."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, initial=dict, **kwargs)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return {}
        if isinstance(value, dict):
            return value
        try:
            return _parse(value)
        except (ValueError, RecursionError, DomainError):
            raise ValidationError(_RULE, code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, as it was typed."""
        return None if data is None else InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, InvalidJSONInput) else shown_json(value)


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    value = json.loads(text, parse_constant=_refuse)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    check_storable("metadata", value)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
