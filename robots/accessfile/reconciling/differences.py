"""What differs between the fields that a file says and those that are stored.

Pure. Values are as models have them.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 60
"""Characters of a text that a difference shows."""


def differing(said: Mapping[str, Any], held: Any, names: Iterable[str]) -> list[str]:
    """The names of those fields that `said` has, and `held` has otherwise."""
    return [
        name
        for name in names
        if name in said and not is_same(said[name], getattr(held, name))
    ]


def is_same(one: Any, other: Any) -> bool:
    """Equal; of JSON, so that 1 is not true and the order of keys tells nothing."""
    if isinstance(one, dict) or isinstance(other, dict):
        return _canonical(one) == _canonical(other)
    return bool(one == other)


def shown(value: Any) -> str:
    """A value as a plan has it: short, and without what moves a terminal's cursor."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return _shortened(_canonical(value))
    if isinstance(value, str):
        return repr(_shortened(value))
    return str(getattr(value, "label", value))


def difference(name: str, before: Any, after: Any) -> str:
    """One changed field in words."""
    return f"{name} {shown(before)} -> {shown(after)}"


def lasts_longer(before: datetime | None, after: datetime | None) -> bool:
    """Whether something that ended `before` ends later, or never, from now on."""
    return before is not None and (after is None or after > before)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
