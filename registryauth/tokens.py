"""The registry token: which claims it carries, and how it is signed.

The claims are those of the Distribution token specification ("Token Authentication
Implementation"); `context` is what Quay's tokens carry beside them.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from registryauth import conf, signing
from registryauth.scopes import Scope
from robots.identity import Identity, Kind
from robots.roles import Action


def mint(
    identity: Identity,
    service: str,
    granted: Iterable[tuple[Scope, frozenset[Action]]],
    now: datetime,
) -> str:
    """A signed registry token for one service: what was asked and is allowed.

    Lives REGISTRY_TOKEN_LIFETIME seconds, but never past the credential shown.
    """
    issued_at = int(now.timestamp())
    return signing.sign(
        {
            "iss": conf.issuer(),
            "sub": identity.name,
            "aud": service,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": int(expires_at(identity, now).timestamp()),
            "jti": secrets.token_hex(16),
            "access": [_entry(scope, actions) for scope, actions in granted],
            "context": _context(identity),
        }
    )


def expires_at(identity: Identity, now: datetime) -> datetime:
    """When a token minted now for `identity` ends."""
    end = now + timedelta(seconds=conf.token_lifetime())
    return min(end, identity.credential_expires_at or end)


def _entry(scope: Scope, actions: frozenset[Action]) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": scope.type}
    if scope.resource_class:
        entry["class"] = scope.resource_class
    entry["name"] = scope.name
    entry["actions"] = _listed(actions)
    return entry


@lru_cache(maxsize=64)
def _listed(actions: frozenset[Action]) -> tuple[str, ...]:
    return tuple(action.value for action in Action if action in actions)


def _context(identity: Identity) -> dict[str, Any]:
    context = {
        "version": 2,
        "entity_kind": identity.kind.value,
        "entity_reference": None if identity.is_anonymous else identity.name,
        "kind": identity.kind.value if identity.is_anonymous else Kind.USER.value,
    }
    if not identity.is_anonymous:
        context["user"] = identity.name
    return context
