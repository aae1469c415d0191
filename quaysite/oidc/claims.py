"""What the provider says of a person, reduced to what this site uses. Pure.

Nothing here raises: a claim of the wrong type is as if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def read(said: Mapping[str, Any], groups_claim: str) -> Claims:
    """The claims in `said`, of which `iss` and `sub` are known to be good."""
    return Claims(
        issuer=said["iss"],
        subject=said["sub"],
        email=_text(said.get("email")),
        email_verified=said.get("email_verified") is True,
        preferred_username=_text(said.get("preferred_username")),
        groups=_groups(_at(said, groups_claim)),
        auth_time=_seconds(said.get("auth_time")),
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


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 2**53 else None
