"""What a trust says, as plain JSON: for answers, and for the audit."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from federation.entries import Entry
from federation.keys import KeySetInvalid, parse_key_set
from federation.models import columns

_ALWAYS = ("issuer", "subject")


def every(entry: Entry) -> dict[str, Any]:
    """Each field by its name."""
    facts = dict(columns(entry))
    del facts["digest"]
    if entry.expires_at is not None:
        facts["expires_at"] = entry.expires_at.astimezone(UTC).isoformat()
    return facts


def stated(entry: Entry) -> dict[str, Any]:
    """Issuer and subject, and of the rest what is not as it is when nobody says so."""
    plain = every(Entry(entry.issuer, entry.subject))
    return {
        name: value
        for name, value in every(entry).items()
        if name in _ALWAYS or value != plain[name]
    }


def of(entry: Entry) -> dict[str, Any]:
    """What the audit keeps of a trust: its keys by their names only."""
    return _with_named_keys(stated(entry))


def differences(before: Entry, after: Entry) -> dict[str, dict[str, Any]]:
    """What the audit keeps of a change: each field that differs, before and after."""
    was, now = _with_named_keys(every(before)), _with_named_keys(every(after))
    changed = {
        name: {"before": was[name], "after": now[name]}
        for name in now
        if not _is_same(was[name], now[name])
    }
    if before.keys != after.keys:
        changed["keys"] = {"before": was["keys"], "after": now["keys"]}
    return changed


def _with_named_keys(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A JWK set is long, and its `kid`s tell which keys it holds."""
    named = dict(facts)
    if named.get("keys"):
        named["keys"] = _names(named["keys"])
    return named


def _names(keys: str) -> list[str]:
    """None of keys that are not good enough, or not good enough any more."""
    try:
        return sorted(parse_key_set(keys))
    except KeySetInvalid:
        return []


def _is_same(one: Any, other: Any) -> bool:
    """Equal in JSON, where 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
