"""Query parameters: typed, and wrong ones named with what they mean."""

from datetime import datetime

from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from robots.api.errors import FrameworkError
from robots.api.moments import Moment
from robots.text import is_storable

_FALSE = {"false", "0", "", "null"}

MAX_TEXT = 511
"""Characters of a text that is looked for: as long as `namespace/name` can be."""


def flag(request: Request, name: str, default: bool = False) -> bool:
    """A boolean, as Quay reads one: anything but false, 0, null and nothing is true."""
    value = request.query_params.get(name)
    return default if value is None else value.lower() not in _FALSE


def text(request: Request, name: str) -> str:
    """A text that a database can be asked about; empty if it is not there."""
    value = request.query_params.get(name, "")
    if len(value) > MAX_TEXT:
        raise FrameworkError({name: f"At most {MAX_TEXT} characters"})
    if not is_storable(value):
        raise FrameworkError({name: "NUL and lone surrogates are not allowed"})
    return value


def positive(request: Request, name: str, meaning: str) -> int | None:
    """A whole number of at least 1; raises FrameworkError that tells its meaning."""
    value = request.query_params.get(name)
    if value is None or value == "":
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
        raise FrameworkError({name: meaning})
    return int(value)


def moment(request: Request, name: str) -> datetime | None:
    """An end, as bodies have it; raises FrameworkError for what is none."""
    value = request.query_params.get(name)
    if not value:
        return None
    try:
        return Moment().to_internal_value(value)
    except ValidationError as error:
        (wrong,) = error.detail
        raise FrameworkError({name: str(wrong)}) from None
