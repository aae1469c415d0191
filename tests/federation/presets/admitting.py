"""Whether trusts let a job in: its token is signed, verified and matched for real."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from federation.assertions import VerifiedClaims, peek, verify
from federation.entries import Entry
from federation.errors import Refused
from federation.keys import parse_key_set
from federation.matching import distance, match
from federation.presets import fill
from tests.federation.signer import Signer

SITE = "https://registry.example.com"
"""The audience of jobs that want to come in here."""

ID = "0184990a-477b-4fa8-9968-496074483cee"
OTHER_ID = "0184990a-4782-42b5-afc1-16715b10b8ff"

LET_IN = ""


def filled(slug: str, values: Mapping[str, Any], **changes: Any) -> list[Entry]:
    """The trusts of a preset; a change of None leaves that value out."""
    said = {**values, **changes}
    given = {name: value for name, value in said.items() if value is not None}
    return fill(slug, given, SITE)


def verified(claims: Mapping[str, Any]) -> VerifiedClaims:
    """The claims, once signed by their issuer and read back with its public key."""
    signer = Signer(issuer=claims["iss"])
    now = datetime.now(UTC)
    peeked = peek(signer.token(**claims), now)
    return verify(peeked, parse_key_set(signer.jwks())[peeked.kid], now)


def failing(entries: Iterable[Entry], claims: Mapping[str, Any]) -> str:
    """The claim by which the nearest trust refuses the token; LET_IN if one does not.

    A change of None in `claims` leaves that claim out.
    """
    said = verified(claims)
    misses = []
    for entry in entries:
        try:
            match(entry, said, datetime.now(UTC), requires_audience=True)
        except Refused as refused:
            misses.append(refused)
        else:
            return LET_IN
    return max(misses, key=distance).claim
