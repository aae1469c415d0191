"""Which text every supported database can keep, and how a terminal may show any.

Pure. PostgreSQL keeps neither NUL nor half of a surrogate pair, which JSON can
carry; SQLite's JSON knows no NaN. What one of them refuses is refused for all.
"""

import math
from typing import Any

from robots.errors import DomainError


def is_storable(text: str) -> bool:
    """Whether `text` has no NUL and no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def printable(text: str) -> str:
    """One line of text, with escapes for what could end it, or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


MAX_REPOSITORY_DESCRIPTION = 25_000
MAX_TEAM_DESCRIPTION = 4_096
"""Characters: lists and logs repeat descriptions."""


def check_description(text: str, longest: int) -> None:
    """Raise DomainError unless `text` may describe something."""
    if len(text) > longest:
        raise DomainError(f"description: at most {longest} characters")
    check_storable("description", text)


MAX_DEPTH = 64
"""Levels of nested JSON; what walks it deeper runs out of stack."""


def check_storable(field: str, value: Any, depth: int = 0) -> None:
    """Raise DomainError, naming `field`, unless a text or JSON value can be kept."""
    if depth > MAX_DEPTH:
        raise DomainError(f"{field}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str) and not is_storable(value):
        raise DomainError(f"{field}: NUL and lone surrogates cannot be stored")
    if isinstance(value, float) and not math.isfinite(value):
        raise DomainError(f"{field}: NaN and infinity are not JSON")
    if isinstance(value, dict):
        for key, item in value.items():
            check_storable(field, key, depth)
            check_storable(field, item, depth + 1)
    if isinstance(value, list):
        for item in value:
            check_storable(field, item, depth + 1)
