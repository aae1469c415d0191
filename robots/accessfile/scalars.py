"""Single values as YAML writes them, so that every reader reads the same value back.

Pure. Text is plain only where no version of YAML takes it for something else; what a
reviewer would not see (control characters, marks that turn the direction of writing)
is escaped.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

MAX_SIMPLE_KEY = 900
"""Characters: YAML takes keys of 1,024 and more only with a `?` before them."""

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./+@:=,()'-]|[ ](?![ #]))*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML 1.1 or 1.2 takes for a boolean or for nothing, in any case."""

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def scalar(value: object) -> str:
    """A text, number, boolean, time or None on one line."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return json.dumps(value)


def text(value: str) -> str:
    """A text on one line, in quotes unless it cannot be anything else."""
    return value if _is_plain(value) else f'"{"".join(map(_escaped, value))}"'


def literal_lines(value: str) -> list[str] | None:
    """The lines of a literal block, its header first; None where it needs quotes."""
    body = value.removesuffix("\n")
    lines = body.split("\n")
    if "\n" not in value or not all(map(_is_literal, lines)):
        return None
    if not body or not lines[-1] or _first(lines).startswith(" "):
        return None
    return ["|" if value.endswith("\n") else "|-", *lines]


def _is_plain(value: str) -> bool:
    return (
        _PLAIN.fullmatch(value) is not None
        and value.lower() not in _WORDS
        and not value.endswith((":", " "))
        and ": " not in value
    )


def _is_literal(line: str) -> bool:
    """Whether a line looks like what it is; spaces at its end would not be seen."""
    return line.isprintable() and not line.endswith(" ")


def _first(lines: list[str]) -> str:
    """The first line that is not empty: its spaces would count as indentation."""
    return next(filter(None, lines), "")


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    # YAML's own list of what may stand there leaves these two out.
    if character.isprintable() and character not in "\ufffe\uffff":
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _number(value: float) -> str:
    """A float; a large whole one as PostgreSQL gives it back, which is an integer."""
    written = repr(value + 0.0)
    if "e" not in written:
        return written
    if value.is_integer():
        return str(int(Decimal(written)))
    # YAML 1.1 takes no number with an exponent that has no point.
    return written if "." in written else written.replace("e", ".0e")
