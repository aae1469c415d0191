"""What a trust asks, read off the documentation: slow, and sharing no code with it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch

LEEWAY = 30
"""Seconds that clocks may differ."""

_ABSENT = object()


def lets_in(
    entry: Entry, claims: Mapping[str, Any], now: datetime, *, requires_audience: bool
) -> bool:
    """Every part of one trust has to hold."""
    subject_is_glob = entry.subject_match is SubjectMatch.GLOB
    age = entry.max_age
    return (
        claims.get("iss", _ABSENT) == entry.issuer
        and _text_fits(
            entry.subject, claims.get("sub"), subject_is_glob, entry.ignore_case
        )
        and _for_us(entry, claims, requires_audience)
        and all(_holds(condition, claims) for condition in entry.conditions)
        and (age is None or _is_young(claims.get("iat"), age, now))
        and entry.enabled
        and (entry.expires_at is None or now < entry.expires_at)
    )


def _for_us(entry: Entry, claims: Mapping[str, Any], required: bool) -> bool:
    """No audience that the trust does not name; and one, if it names any."""
    said = claims.get("aud", [])
    listed = said if isinstance(said, list) else [said]
    if not all(isinstance(one, str) for one in listed):
        return False
    if not entry.audiences:
        return not required
    return bool(listed) and all(one in entry.audiences for one in listed)


def _holds(condition: Condition, claims: Mapping[str, Any]) -> bool:
    found = _found(condition.claim, claims)
    is_glob = condition.operator is Operator.GLOB
    return any(_fits(one, found, is_glob, condition) for one in condition.values)


def _fits(wanted: Any, found: Any, is_glob: bool, condition: Condition) -> bool:
    if isinstance(wanted, str):
        return _text_fits(wanted, found, is_glob, condition.ignore_case)
    # By what JSON writes: 1, 1.0 and true are three things.
    return type(wanted) is type(found) and repr(wanted) == repr(found)


def _found(path: str, claims: Any) -> Any:
    """A claim's name; or a JSON Pointer (RFC 6901), if it begins with a slash."""
    names = [path]
    if path.startswith("/"):
        names = [
            name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]
        ]
    for name in names:
        if not isinstance(claims, dict) or name not in claims:
            return _ABSENT
        claims = claims[name]
    return claims


def _text_fits(wanted: str, found: Any, is_glob: bool, ignore_case: bool) -> bool:
    if not isinstance(found, str) or (is_glob and len(found) > 2048):
        return False
    if ignore_case:
        wanted, found = _lower(wanted), _lower(found)
    if not is_glob:
        return bool(wanted == found)
    parts = re.split(r"(\*+)", wanted)
    expression = "".join(
        "[^/:@]*" if part == "*" else ".*" if part[:1] == "*" else re.escape(part)
        for part in parts
    )
    return re.fullmatch(expression, found, re.DOTALL) is not None


def _lower(text: str) -> str:
    """A to Z alone."""
    return re.sub("[A-Z]", lambda letter: chr(ord(letter.group()) + 32), text)


def _is_young(issued: Any, most: int, now: datetime) -> bool:
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        return False
    return bool(now.timestamp() - issued <= most + LEEWAY)
