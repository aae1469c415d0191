"""What a trust says, before it is stored: pure, and the only rules for it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from robots.errors import DomainError
from robots.text import check_storable

MAX_TRUSTS = 100
"""Trusts of one robot."""

MAX_AUDIENCES = 100
"""Audiences of one trust."""

MAX_LENGTH = 2048
"""Characters of an issuer, a subject or an audience."""

_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Entry:
    """One trust: who (`subject`) according to whom (`issuer`), and for whom."""

    issuer: str
    subject: str
    audiences: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of issuer and subject, by which a robot's trusts differ.

        An index on the two texts themselves would not fit in a page of PostgreSQL.
        """
        pair = json.dumps([self.issuer, self.subject])
        return hashlib.sha256(pair.encode()).hexdigest()


def check_count(count: int) -> None:
    """Raise DomainError for more trusts than a robot may have."""
    if count > MAX_TRUSTS:
        raise DomainError(f"At most {MAX_TRUSTS} federation config entries")


def check_entries(entries: Sequence[Entry]) -> None:
    """Raise DomainError, in the words that Quay's clients know, for what is wrong."""
    check_count(len(entries))
    seen: set[str] = set()
    for entry in entries:
        _check(entry)
        if entry.digest in seen:
            raise DomainError("Duplicate federation config entry")
        seen.add(entry.digest)


def _check(entry: Entry) -> None:
    if not (entry.issuer and entry.subject):
        raise DomainError("Missing one or more required fields (issuer, subject)")
    if not entry.issuer.startswith(_SCHEMES):
        raise DomainError("Issuer must be a URL (http:// or https://)")
    if len(entry.audiences) > MAX_AUDIENCES:
        raise DomainError(f"audiences: at most {MAX_AUDIENCES} of them")
    _check_text("issuer", entry.issuer)
    _check_text("subject", entry.subject)
    for audience in entry.audiences:
        _check_text("audiences", audience)


def _check_text(field: str, text: str) -> None:
    if not text:
        raise DomainError(f"{field}: none may be empty")
    if len(text) > MAX_LENGTH:
        raise DomainError(f"{field}: at most {MAX_LENGTH} characters")
    check_storable(field, text)
