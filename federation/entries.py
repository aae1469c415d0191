"""What a trust says, before it is stored: pure, and the only rules for it."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from federation import patterns
from federation.conditions import MAX_CONDITIONS, Condition
from federation.errors import TrustInvalid
from federation.keys import KeySetInvalid, parse_key_set
from robots.ends import RULE, is_end
from robots.text import check_storable

MAX_TRUSTS = 100
"""Trusts of one robot."""

MAX_AUDIENCES = 100
"""Audiences of one trust."""

MAX_LENGTH = 2048
"""Characters of an issuer, a subject or an audience."""

MAX_NAME = 255
"""Characters of a trust's name."""

MAX_KEYS = 10
MAX_KEYS_BYTES = 16 * 1024
"""Own keys of one trust: each login may have to read them anew."""

MAX_AGE = 24 * 3600
"""Seconds; the longest `max_age`."""

MAX_WILDCARDS = 10
"""Wildcards of one subject, and of all conditions of one trust: each costs time."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of private and symmetric keys (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1)."""

_SCHEMES = ("http://", "https://")


class SubjectMatch(StrEnum):
    """How a trust compares `sub`."""

    EXACT = "exact"
    GLOB = "glob"


@dataclass(frozen=True, slots=True)
class Entry:
    """One trust: who (`subject`) according to whom (`issuer`), for whom, and when.

    `max_age` is how many seconds old a token may be. `keys` are the issuer's, as a
    JWK set, where it cannot be asked for them. `expires_at` ends the trust.
    """

    issuer: str
    subject: str
    audiences: tuple[str, ...] = ()
    name: str = ""
    subject_match: SubjectMatch = SubjectMatch.EXACT
    ignore_case: bool = False
    conditions: tuple[Condition, ...] = ()
    max_age: int | None = None
    single_use: bool = False
    keys: str = ""
    enabled: bool = True
    expires_at: datetime | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Issuer and subject: all that Quay knows of a trust."""
        return self.issuer, self.subject

    @property
    def digest(self) -> str:
        """SHA-256 of whom it lets in, by which a robot's trusts differ.

        Audiences are no part of it: two trusts that differ in them alone are one.
        Keys are: two clusters may have one name, and their own keys tell them apart.
        An index on the texts themselves would not fit in a page of PostgreSQL.
        """
        subject = patterns.folded(self.subject) if self.ignore_case else self.subject
        parts: list[Any] = [self.issuer, subject]
        if self._is_extended:
            conditions = sorted(c.identity() for c in self.conditions)
            parts += [self.subject_match.value, self.ignore_case, conditions]
        if self.keys:
            keys = self.keys.encode("utf-8", "surrogatepass")
            parts.append(hashlib.sha256(keys).hexdigest())
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def _is_extended(self) -> bool:
        exact = self.subject_match is SubjectMatch.EXACT
        return bool(self.conditions) or self.ignore_case or not exact


def check_count(count: int) -> None:
    """Raise TrustInvalid for more trusts than a robot may have."""
    if count > MAX_TRUSTS:
        raise TrustInvalid(f"At most {MAX_TRUSTS} federation config entries")


def check_entries(entries: Sequence[Entry]) -> None:
    """Raise TrustInvalid, in the words that Quay's clients know, for what is wrong."""
    check_count(len(entries))
    seen: set[str] = set()
    for entry in entries:
        check_entry(entry)
        if entry.digest in seen:
            raise TrustInvalid("Duplicate federation config entry")
        seen.add(entry.digest)


def check_entry(entry: Entry) -> None:
    """Raise TrustInvalid, naming the field, for an entry that cannot be kept."""
    if not (entry.issuer and entry.subject):
        raise TrustInvalid("Missing one or more required fields (issuer, subject)")
    if not entry.issuer.startswith(_SCHEMES):
        raise TrustInvalid("Issuer must be a URL (http:// or https://)")
    if len(entry.audiences) > MAX_AUDIENCES:
        raise TrustInvalid(f"audiences: at most {MAX_AUDIENCES} of them")
    _check_text("issuer", entry.issuer)
    _check_text("subject", entry.subject)
    for audience in entry.audiences:
        _check_text("audiences", audience)
    _check_rest(entry)


def _check_rest(entry: Entry) -> None:
    if len(entry.name) > MAX_NAME:
        raise TrustInvalid(f"name: at most {MAX_NAME} characters")
    check_storable("name", entry.name)
    if len(entry.conditions) > MAX_CONDITIONS:
        raise TrustInvalid(f"conditions: at most {MAX_CONDITIONS} of them")
    if entry.subject.count("*") > MAX_WILDCARDS:
        raise TrustInvalid(f"subject: at most {MAX_WILDCARDS} wildcards")
    if sum(condition.wildcards for condition in entry.conditions) > MAX_WILDCARDS:
        raise TrustInvalid(f"conditions: at most {MAX_WILDCARDS} wildcards in all")
    _check_times(entry)
    if entry.keys:
        _check_keys(entry.keys)


def _check_times(entry: Entry) -> None:
    if entry.max_age is not None and not 0 < entry.max_age <= MAX_AGE:
        raise TrustInvalid(f"max_age: 1 to {MAX_AGE} seconds")
    if entry.expires_at is not None and entry.expires_at.utcoffset() is None:
        raise TrustInvalid("expires_at: a time needs its zone, such as Z")
    if entry.expires_at is not None and not is_end(entry.expires_at):
        raise TrustInvalid(f"expires_at: {RULE} is wanted")


def _check_keys(keys: str) -> None:
    check_storable("keys", keys)
    if len(keys.encode()) > MAX_KEYS_BYTES:
        raise TrustInvalid(f"keys: at most {MAX_KEYS_BYTES} bytes")
    _check_public(keys)
    try:
        found = parse_key_set(keys)
    except KeySetInvalid as error:
        raise TrustInvalid(f"keys: {error}") from None
    if len(found) > MAX_KEYS:
        raise TrustInvalid(f"keys: at most {MAX_KEYS} of them")


def _check_public(keys: str) -> None:
    """Raise TrustInvalid for private keys: whoever may read the trust would have them.

    Each object of the text is looked at, so that none hides behind another one of the
    same name. What is no JSON is for others to refuse.
    """
    with suppress(ValueError, RecursionError):
        json.loads(keys, object_pairs_hook=_check_members)


def _check_members(members: list[tuple[str, Any]]) -> None:
    if not _PRIVATE.isdisjoint(name for name, _ in members):
        raise TrustInvalid("keys: holds a private key; give the public ones")


def _check_text(field: str, text: str) -> None:
    if not text:
        raise TrustInvalid(f"{field}: none may be empty")
    if len(text) > MAX_LENGTH:
        raise TrustInvalid(f"{field}: at most {MAX_LENGTH} characters")
    check_storable(field, text)
