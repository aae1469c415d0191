"""What `rotate_secret_keys` says, in words and for --json."""

from collections.abc import Mapping
from typing import Any

from quaysite.lifecycle.root_keys import KEPT, Report
from robots import keyring
from robots.kept_secrets import UNKNOWN
from robots.lifecycle.resealing import Resealed
from robots.management.command import Outcome

MOST_NAMES = 10
"""In the text; --json has them all."""


def given(key: str) -> str:
    """To whom the keys of this site are given: they have to add this one themselves."""
    return (
        f"A new key, which is kept nowhere yet; its id is {keyring.key_id_of(key)}:\n"
        f"{key}\n"
        "Put it SECOND in ROBOTS_SECRET_KEYS on every server, behind the first key and"
        " a comma,\nand restart them. When all have it, put it first, and restart them"
        " again; then:\nrotate_secret_keys reseal"
    )


def elsewhere(deed: str) -> str:
    """Where the keys are not ours to change."""
    return (
        "The site did not make its keys: they are in ROBOTS_SECRET_KEYS, or in the file"
        f" that ROBOTS_SECRET_KEYS_FILE names. So {deed}, for every server, and restart"
        " them one after the other"
    )


def status_lines(found: Report) -> list[str]:
    """A line for each key, and what else there is to know."""
    lines = []
    for place, key_id in enumerate(_ids()):
        state = "accepted" if place else "current "
        lines.append(f"{key_id}  {state}  {_under(found, key_id)}")
        if place:
            reasons = list(found.obstacles(key_id))
            verdict = "; ".join(reasons) or "nothing: it can be removed"
            lines.append(f"  needed for: {verdict}")
    if any(one.bare[UNKNOWN] for one in found.standings.values()):
        lines.append(f"unknown             {_under(found, UNKNOWN)}")
    if len(_ids()) > 1:
        lines += _named("wait for a login", _lists(found.standings, "waiting"))
        if found.client_key_owners:
            lines.append(_CLIENT_KEYS.format(_shown(found.client_key_owners)))
    return lines + _named("NO KEY OPENS these", _lists(found.standings, "lost"))


def status_facts(found: Report) -> dict[str, Any]:
    """The same for --json."""
    until = found.signed_until
    return {
        "keys": [
            {
                "id": key_id,
                "state": "accepted" if place else "current",
                "rows": _rows(found, key_id),
                "removable": not list(found.obstacles(key_id)),
                "needed_for": list(found.obstacles(key_id)) if place else [],
            }
            for place, key_id in enumerate(_ids())
        ],
        "unknown": {name: one.bare[UNKNOWN] for name, one in found.standings.items()},
        "waiting": _owners(_lists(found.standings, "waiting")),
        "unopened": _owners(_lists(found.standings, "lost")),
        "to_reseal": {name: one.stale for name, one in found.standings.items()},
        "signed_until": until.isoformat() if until else None,
        "client_keys_of": found.client_key_owners,
    }


def foretold(found: Report, code: int) -> Outcome:
    """What a dry run of reseal says."""
    stale = {name: one.stale for name, one in found.standings.items()}
    facts = {"to_reseal": stale, "dry_run": True}
    current = keyring.current_key_id()
    return Outcome(f"Would bring {_counted(stale)} to the key {current}.", facts, code)


def resealed(found: dict[str, Resealed], code: int) -> Outcome:
    """What a run did, and what it left alone."""
    current = keyring.current_key_id()
    renewed = {name: one.renewed for name, one in found.items()}
    lines = [f"Brought {_counted(renewed)} to the key {current}."]
    for left, why in _LEFT.items():
        lines += _named(why, _lists(found, left))
    facts = {
        "key": current,
        "dry_run": False,
        "renewed": renewed,
        **{left: _owners(_lists(found, left)) for left in _LEFT},
    }
    return Outcome("\n".join(lines), facts, code)


_LEFT = {
    "lost": "NO KEY OPENS these, which are as they were",
    "taken": "have the secret of another one, so one of them needs a new token",
    "busy": "were being changed by somebody; run reseal again",
}
"""The lists of a `Resealed`, and what is said of those in them."""

_CLIENT_KEYS = (
    "Client keys (encrypted passwords) do not end by themselves. Those of {} may be"
    " older than the current key: they end with the key that they are of."
)


def _ids() -> list[str]:
    return list(dict.fromkeys(keyring.key_ids()))


def _rows(found: Report, key_id: str) -> dict[str, int]:
    return {name: one.under(key_id) for name, one in found.standings.items()}


def _under(found: Report, key_id: str) -> str:
    return _counted(_rows(found, key_id))


def _counted(counts: dict[str, int]) -> str:
    """Such as `2 robot tokens, 1 client secret`."""
    told = [
        f"{counts[kept.name]} {kept.noun}{'' if counts[kept.name] == 1 else 's'}"
        for kept in KEPT
        if counts.get(kept.name)
    ]
    return ", ".join(told) or "nothing"


def _lists(found: Mapping[str, Any], name: str) -> dict[str, list[int]]:
    """One list of primary keys of a Standing or a Resealed for each table."""
    return {of: getattr(one, name) for of, one in found.items()}


def _owners(keys: dict[str, list[int]]) -> dict[str, list[str]]:
    return {kept.name: kept.owners(keys[kept.name]) for kept in KEPT}


def _named(what: str, keys: dict[str, list[int]]) -> list[str]:
    """How many rows of each table those are, and whose."""
    lines = []
    for kept in KEPT:
        if keys[kept.name]:
            count = _counted({kept.name: len(keys[kept.name])})
            lines.append(f"{count}: {what}")
            lines.append(f"  {_shown(kept.owners(keys[kept.name]))}")
    return lines


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
