"""What the provider says of a person, reduced to what this site uses. Pure.

Nothing here raises: a claim of the wrong type is as if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.assertions import LEEWAY
from robots.text import is_storable

_MAX_TEXT = 254
"""Characters of a name or an address; a longer one is left out."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Somebody, as the provider knows them.

    `email` is not to be believed unless `email_verified`. `groups` is None where the
    provider said nothing that can be read as groups. `auth_time`: seconds since 1970
    at which the person last proved to the provider who they are; None if not said.
    """

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    preferred_username: str = ""
    groups: frozenset[str] | None = None
    auth_time: float | None = None


def read(
    token: Mapping[str, Any], userinfo: Mapping[str, Any], groups_claim: str, now: float
) -> Claims:
    """The claims in a verified ID token, and in userinfo what that leaves out.

    `now`: seconds since 1970.
    """
    said = {**userinfo, **token}
    # Verified is this address and no other, so both are taken from one of the two.
    mail = token if token.get("email") else userinfo
    return Claims(
        issuer=token["iss"],
        subject=token["sub"],
        email=_text(mail.get("email")),
        email_verified=mail.get("email_verified") is True,
        preferred_username=_text(said.get("preferred_username")),
        groups=_groups(_at(said, groups_claim)),
        # Only what is signed and made for this sign-in can make a session fresh.
        auth_time=_past(token.get("auth_time"), now),
    )


def _at(said: Mapping[str, Any], path: str) -> Any:
    """A claim of exactly this name, or what the dots in it lead to."""
    if path in said:
        return said[path]
    value: Any = said
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _groups(value: Any) -> frozenset[str] | None:
    """A list of texts; one text alone is one group."""
    if isinstance(value, str):
        return frozenset({value})
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    return frozenset(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not is_storable(value):
        return ""
    return value.strip()


def _past(value: Any, now: float) -> float | None:
    """A time that has come, but for clocks that differ a little."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN is in no range.
    return float(value) if 0 <= value <= now + LEEWAY.total_seconds() else None
