"""Mappings and lists as lines of YAML in block style, two spaces a level.

Pure. Empty ones are `{}` and `[]`; an `Inline` mapping stays on one line. Nothing is
folded, anchored or tagged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robots.accessfile.scalars import MAX_SIMPLE_KEY, literal_lines, scalar, text

STEP = "  "


@dataclass(frozen=True, slots=True)
class Inline:
    """A short mapping of single values that is one line of the file."""

    values: Mapping[str, Any]


def mapping_lines(said: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """The lines of a mapping, without their ends, in its own order."""
    for key, value in said.items():
        name = text(key)
        if len(name) <= MAX_SIMPLE_KEY:
            yield from _after(f"{indent}{name}:", value, indent)
        else:
            yield f"{indent}? {name}"
            yield from _after(f"{indent}:", value, indent)


def _list_lines(items: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
    for item in items:
        if not (isinstance(item, (Mapping, list, tuple)) and item):
            yield from _after(f"{indent}-", item, indent)
            continue
        first, *rest = _nested(item, indent + STEP)
        yield f"{indent}- {first.removeprefix(indent + STEP)}"
        yield from rest


def _after(start: str, value: Any, indent: str) -> Iterator[str]:
    """What follows a key or the dash of a list, `start` being that."""
    if isinstance(value, Inline):
        yield f"{start} {_inline(value)}"
    elif isinstance(value, (Mapping, list, tuple)):
        if value:
            yield start
            yield from _nested(value, indent + STEP)
        else:
            yield f"{start} {'{}' if isinstance(value, Mapping) else '[]'}"
    elif isinstance(value, str) and (block := literal_lines(value)):
        yield f"{start} {block[0]}"
        yield from (f"{indent}{STEP}{line}" if line else "" for line in block[1:])
    else:
        yield f"{start} {scalar(value)}"


def _nested(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        return mapping_lines(value, indent)
    return _list_lines(value, indent)


def _inline(value: Inline) -> str:
    pairs = (f"{text(key)}: {scalar(item)}" for key, item in value.values.items())
    return f"{{{', '.join(pairs)}}}"
