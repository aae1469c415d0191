"""The registry token: which claims it carries, and how it is signed.

The claims are those of the Distribution token specification ("Token Authentication
Implementation"); `context` is what Quay's tokens carry beside them.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from registryauth import conf, signing
from registryauth.scopes import Scope
from robots.identity import Identity, Kind
from robots.roles import Action

VALID_BEFORE = 60
"""Seconds before its signature that a token is valid from: the clock of a registry may
be behind ours. Distribution adds 60 of its own (registry/auth/token, `Leeway`)."""


class Minted(NamedTuple):
    """A signed token, and when it ends."""

    token: str
    expires_at: datetime


def mint(
    identity: Identity,
    service: str,
    granted: Iterable[tuple[Scope, frozenset[Action]]],
    now: datetime,
) -> Minted:
    """A signed registry token for one service: what was asked and is allowed.

    Lives REGISTRY_TOKEN_LIFETIME seconds, but never past the credential shown.
    """
    issued_at, ends = int(now.timestamp()), _end(identity, now)
    token = signing.sign(
        {
            "iss": conf.issuer(),
            "sub": identity.name,
            "aud": service,
            "iat": issued_at,
            "nbf": issued_at - VALID_BEFORE,
            "exp": int(ends.timestamp()),
            "jti": secrets.token_hex(16),
            "access": [_entry(scope, actions) for scope, actions in granted],
            "context": _context(identity),
        }
    )
    return Minted(token, ends)


def _end(identity: Identity, now: datetime) -> datetime:
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
    kind = _KINDS[identity.kind]
    if identity.is_anonymous:
        return {
            "version": 2,
            "entity_kind": kind,
            "entity_reference": None,
            "kind": kind,
        }
    return {
        "version": 2,
        "entity_kind": kind,
        "entity_reference": identity.name,
        "kind": "user",
        "user": identity.name,
    }


_KINDS = {kind: kind.value for kind in Kind}
"""To ask a member for its value is a call of Python's."""
