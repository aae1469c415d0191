"""The shapes that answers must have, whatever the other side sends. Pure."""

from collections.abc import Mapping
from typing import Any

from robots.importing.leftovers import shown


class Unusable(ValueError):
    """A part of an answer that is not what belongs there; the text says how."""


def text(said: Any, key: str, default: str | None = None) -> str:
    """The text at `key`; null and nothing are `default`. Raises Unusable."""
    value = mapping(said).get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Unusable(f"{key} is no text")
    return value


def flag(said: Any, key: str, default: bool | None = None) -> bool:
    """The boolean at `key`; nothing is `default`. Raises Unusable."""
    value = mapping(said).get(key, default)
    if not isinstance(value, bool):
        raise Unusable(f"{key} is no boolean")
    return value


def mapping(said: Any) -> Mapping[str, Any]:
    """A JSON object. Raises Unusable."""
    if not isinstance(said, dict):
        raise Unusable(f"{shown(said)} where an object belongs")
    return said


def called(item: Any, key: str = "name") -> Any:
    """What an item of a list calls itself, whatever that is, for the report."""
    return item.get(key) if isinstance(item, dict) else item
