"""The words that a preset asks for: what a form shows, and how answers are read. Pure.

Answers come from JSON or from `key=value` on a command line, so a number may stand
for its digits, `true` and `false` for a flag, blanks between the items of a list.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from federation.entries import MAX_LENGTH, MAX_NAME
from federation.errors import TrustInvalid, shown
from federation.presets import shapes
from federation.presets.shapes import Shape

WILDCARDS = "wildcards"
"""The flag that must be set before any word may have a `*`."""

_FLAGS = {"true": True, "false": False}
_MAX_NUMBER = 2**63


class Kind(StrEnum):
    """What a form draws for a field."""

    TEXT = "text"
    FLAG = "flag"
    CHOICE = "choice"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Field:
    """One word.

    `many` takes a list. `wild` allows wildcards, once they are asked for. `site` is
    for an audience that defaults to the address of the site. `longest` is the most
    characters of one text.
    """

    name: str
    help: str
    required: bool = False
    kind: Kind = Kind.TEXT
    default: str | bool | tuple[str, ...] = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    wild: bool = False
    site: bool = False
    shape: Shape = shapes.LINE
    longest: int = MAX_NAME

    def facts(self, default_audience: str = "") -> dict[str, Any]:
        """As JSON, enough to draw a form from."""
        default = self.default or (() if self.many else self.default)
        if self.site and default_audience:
            default = (default_audience,)
        return {
            "name": self.name,
            "help": self.help,
            "required": self.required and not default,
            "kind": self.kind.value,
            "default": list(default) if isinstance(default, tuple) else default,
            "choices": list(self.choices),
            "many": self.many,
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said for each field, or its default: read, and right by itself."""

    texts: Mapping[str, str]
    flags: Mapping[str, bool]
    lists: Mapping[str, tuple[str, ...]]

    def name(self, default: str) -> str:
        """The trust's name that was asked for, or `default`, cut to what fits."""
        return self.texts["name"] or default[:MAX_NAME]


NAME = Field("name", "What to call the trust in lists; made from the rest if left out.")


def audience(help_text: str, *, required: bool = True, site: bool = True) -> Field:
    """The field for `aud`: every audience of a token must be one of these."""
    return Field(
        "audience",
        help_text,
        required=required,
        many=True,
        site=site,
        shape=shapes.AUDIENCE,
        longest=MAX_LENGTH,
    )


def issuer(help_text: str, default: str = "", shape: Shape = shapes.ISSUER) -> Field:
    """The field for `iss`, which tokens repeat byte for byte."""
    return Field(
        "issuer",
        help_text,
        required=not default,
        default=default,
        shape=shape,
        longest=MAX_LENGTH,
    )


def read(fields: Iterable[Field], values: Any, default_audience: str = "") -> Answers:
    """The answers. Raises TrustInvalid, naming the field and what it takes."""
    known = {field.name: field for field in fields}
    _check_names(values, known)
    said = [(field, values.get(field.name)) for field in known.values()]
    flags = {f.name: _flag(f, value) for f, value in said if f.kind is Kind.FLAG}
    wild = flags.get(WILDCARDS, False)
    lists = {f.name: _list(f, value, default_audience) for f, value in said if f.many}
    single = [item for item in said if item[0].name not in flags | lists]
    return Answers({f.name: _one(f, value, wild) for f, value in single}, flags, lists)


def _check_names(values: Any, known: Mapping[str, Field]) -> None:
    if not isinstance(values, Mapping):
        raise TrustInvalid("values: must be a JSON object")
    for name in values:
        if name not in known:
            raise TrustInvalid(
                f"{shown(str(name))}: not known; known are {', '.join(known)}"
            )


def _flag(field: Field, value: Any) -> bool:
    if _is_missing(value):
        return bool(field.default)
    flag = _FLAGS.get(value) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise TrustInvalid(f"{field.name}: must be true or false")
    return flag


def _one(field: Field, value: Any, wildcards: bool) -> str:
    if _is_missing(value):
        _check_needed(field, field.default)
        return str(field.default)
    if field.kind is Kind.KEYS:
        return _keys(field, value)
    return _checked(field, _text(field, value), wildcards)


def _list(field: Field, value: Any, default_audience: str) -> tuple[str, ...]:
    if _is_missing(value):
        default = _default_list(field, default_audience)
        _check_needed(field, default)
        return default
    items = value if isinstance(value, list) else _text(field, value).split()
    if not items:
        raise TrustInvalid(f"{field.name}: {_allowed(field)}")
    found = (_checked(field, _text(field, item), wildcards=False) for item in items)
    return tuple(dict.fromkeys(found))


def _default_list(field: Field, default_audience: str) -> tuple[str, ...]:
    if field.site and default_audience:
        return (default_audience,)
    return field.default if isinstance(field.default, tuple) else ()


def _is_missing(value: Any) -> bool:
    return value is None or value in ("", [])


def _check_needed(field: Field, default: Any) -> None:
    if field.required and not default:
        raise TrustInvalid(f"{field.name}: needed; {_allowed(field)}")


def _text(field: Field, value: Any) -> str:
    """Numbers stand for their digits; JSON has no other kind of text."""
    if isinstance(value, str):
        return value
    if type(value) is int and 0 <= value < _MAX_NUMBER:
        return str(value)
    raise TrustInvalid(f"{field.name}: {_allowed(field)}")


def _checked(field: Field, text: str, wildcards: bool) -> str:
    if len(text) > field.longest:
        raise TrustInvalid(f"{field.name}: at most {field.longest} characters")
    if "*" in text and not (field.wild and wildcards):
        unless = f" unless {WILDCARDS} is true" if field.wild else ""
        raise TrustInvalid(f"{field.name}: no `*`{unless}; {_allowed(field)}")
    if field.choices and text not in field.choices:
        raise TrustInvalid(f"{field.name}: {_allowed(field)}")
    if not field.shape.fits(text):
        raise TrustInvalid(f"{field.name}: {_allowed(field)}")
    return text.lower() if field.shape.lowers else text


def _keys(field: Field, value: Any) -> str:
    """The text of a JWK set; what is in it is checked with the rest of the trust."""
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, str):
        return value
    raise TrustInvalid(f"{field.name}: must be a JWK set, as text or JSON object")


def _allowed(field: Field) -> str:
    """What a field takes, for a person who gave something else."""
    if field.choices:
        return f"must be one of {', '.join(field.choices)}"
    return f"must be {field.shape.words}"
