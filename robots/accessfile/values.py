"""Single values of an access file, taken strictly from what stands there.

Pure. Where text is wanted, a word without quotes is its text, whatever YAML makes of
it elsewhere: a robot may be called `on` or `1234`. Each reader raises Problem.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from robots.accessfile.problems import Problem, shown
from robots.accessfile.tree import Listing, Node, Scalar, Table
from robots.ends import RULE, is_end
from robots.lifecycle.wanted import NO_ROLE
from robots.roles import Role

TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
"""A time with its zone, without anchors; also used in the JSON Schema."""

MAX_DIGITS = 4000
"""Characters of a number; Python refuses to read an integer of 4,301."""

_ROLES: dict[str, Role | None] = {
    NO_ROLE: None,
    **{role.label: role for role in Role},
}
_FLAGS = {"true": True, "false": False}
_NULLS = {"", "~", "null"}
_TIME = re.compile(TIME)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?\.(?:inf|nan)", re.IGNORECASE)


def table(node: Node) -> Table:
    """A mapping."""
    if isinstance(node, Table):
        return node
    hint = "; write {} for an empty one" if is_null(node) else ""
    raise Problem(node.line, f"a mapping is wanted, not {_kind(node)}{hint}")


def listing(node: Node) -> Listing:
    """A list."""
    if isinstance(node, Listing):
        return node
    hint = "; write [] for an empty one" if is_null(node) else ""
    raise Problem(node.line, f"a list is wanted, not {_kind(node)}{hint}")


def text(node: Node) -> str:
    """A text, or the text of a value without quotes."""
    if isinstance(node, Scalar):
        return node.text
    raise Problem(node.line, f"text is wanted, not {_kind(node)}")


def words(node: Node) -> str:
    """A text that is no name: one that says `null` is refused, not taken for text."""
    if is_null(node):
        raise Problem(node.line, 'text is wanted, not nothing; write "" for none')
    return text(node)


def text_up_to(longest: int) -> Callable[[Node], str]:
    """A reader of texts of at most that many characters."""

    def read(node: Node) -> str:
        found = words(node)
        if len(found) > longest:
            raise Problem(node.line, f"at most {longest} characters")
        return found

    return read


def flag(node: Node) -> bool:
    """`true` or `false`, without quotes."""
    if isinstance(node, Scalar) and node.plain and node.text in _FLAGS:
        return _FLAGS[node.text]
    raise Problem(node.line, f"true or false is wanted, not {_quoted(node)}")


def integer(node: Node) -> int:
    """A whole number, without quotes."""
    if isinstance(node, Scalar) and node.plain and _INTEGER.fullmatch(node.text):
        _check_digits(node)
        return int(node.text)
    raise Problem(node.line, f"a whole number is wanted, not {_quoted(node)}")


def one_of(allowed: dict[str, Any]) -> Callable[[Node], Any]:
    """A reader of what one of these words stands for."""

    def read(node: Node) -> Any:
        if isinstance(node, Scalar) and node.text in allowed:
            return allowed[node.text]
        words = ", ".join(allowed)
        raise Problem(node.line, f"one of {words} is wanted, not {_kind(node)}")

    return read


role_or_none = one_of(_ROLES)
"""Reads a role on a repository, or None for `none`."""


def moment(node: Node) -> datetime:
    """A time with its zone, in UTC."""
    return moment_in(text(node), node.line)


def moment_or_none(node: Node) -> datetime | None:
    """A time with its zone, in UTC; None where it says `null`."""
    return None if is_null(node) else moment(node)


def text_or_none(node: Node) -> str | None:
    """A text; None where it says `null`."""
    return None if is_null(node) else text(node)


def moment_in(said: str, line: int) -> datetime:
    """The time with a zone that a text says, in UTC."""
    try:
        found = datetime.fromisoformat(said) if _TIME.fullmatch(said) else None
    except ValueError:
        found = None
    if found is None:
        wanted = "a time with its zone like 2030-01-31T12:00:00Z is wanted"
        raise Problem(line, f"{wanted}, not {shown(said)}")
    if not is_end(found):
        raise Problem(line, f"{RULE} is wanted, not {shown(said)}")
    return found.astimezone(UTC)


def json_value(node: Node) -> Any:
    """A value as JSON has it, with what is in it.

    Without quotes `null`, `true`, `false` and JSON's numbers are what JSON takes them
    for, all else is text. The tree's own limit of depth keeps this from going deep.
    """
    if isinstance(node, Table):
        return {name: json_value(inner) for name, inner in node.entries.items()}
    if isinstance(node, Listing):
        return [json_value(inner) for inner in node.items]
    return _plain_value(node) if node.plain else node.text


def is_null(node: Node) -> bool:
    """Whether a value says that there is none."""
    return isinstance(node, Scalar) and node.plain and node.text in _NULLS


def _plain_value(node: Scalar) -> Any:
    if node.text in _NULLS:
        return None
    if node.text in _FLAGS:
        return _FLAGS[node.text]
    if _NOT_FINITE.fullmatch(node.text):
        raise Problem(node.line, "NaN and infinity are not JSON")
    if not _NUMBER.fullmatch(node.text):
        return node.text
    _check_digits(node)
    if _INTEGER.fullmatch(node.text):
        return int(node.text)
    number = float(node.text)
    if not math.isfinite(number):
        raise Problem(node.line, f"{shown(node.text)} is too big a number")
    return number


def _check_digits(node: Scalar) -> None:
    if len(node.text) > MAX_DIGITS:
        raise Problem(node.line, f"a number of at most {MAX_DIGITS} digits is wanted")


def _quoted(node: Node) -> str:
    """What is there, where quotes make a difference."""
    is_text = isinstance(node, Scalar) and not node.plain
    return f"{_kind(node)} in quotes" if is_text else _kind(node)


def _kind(node: Node) -> str:
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    return "nothing" if is_null(node) and not node.text else shown(node.text)
