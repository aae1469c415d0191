"""Refresh tokens: what docker keeps instead of a password, reusable by design.

Docker uses one refresh token for every pull until it is refused, so it is not
rotated (security case S-25). It is signed, not stored: it names the robot token
or the person's password that earned it, and dies with that.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer

from registryauth import conf
from registryauth.errors import Cause, Unauthorized
from registryauth.people_login import fingerprint_of, reauthenticate_person
from registryauth.robot_login import reauthenticate_robot
from robots import keyring
from robots.credentials import Secret
from robots.identity import Identity, Kind, Method

PREFIX = "qsr."
"""What every refresh token begins with: it is never mistaken for another secret."""

_PURPOSE = "registry refresh token"

_RENEWABLE = frozenset({Method.PASSWORD, Method.STATIC_TOKEN, Method.FEDERATED_TOKEN})


def can_be_earned(identity: Identity) -> bool:
    """Whether there is one for how the identity proved who it is.

    Not for `$app` and `$oauthtoken`: a revoked token would live on in it. Their
    clients keep the token itself.
    """
    return identity.method in _RENEWABLE


def mint(identity: Identity, service: str, now: datetime) -> Secret:
    """A refresh token for one service; ends no later than the credential shown.

    Raises ValueError unless it `can_be_earned`.
    """
    if identity.id is None or not can_be_earned(identity):
        raise ValueError(f"no refresh token is earned by method {identity.method}")
    end = now + timedelta(seconds=conf.refresh_token_lifetime())
    end = min(end, identity.credential_expires_at or end)
    claims: dict[str, Any] = {
        "kind": identity.kind.value,
        "service": service,
        "exp": int(end.timestamp()),
    }
    if identity.kind is Kind.ROBOT:
        claims["token"] = identity.credential_id
        claims["name"] = identity.name
    else:
        claims["user"] = identity.id
        claims["password"] = fingerprint_of(identity.id)
    return Secret(PREFIX + _signer().sign_object(claims))


def authenticate(token: Secret, service: str, now: datetime) -> Identity:
    """Who the refresh token was made for, if all it depends on still holds.

    Raises Unauthorized.
    """
    claims = _verified(token)
    if claims["service"] != service:
        raise Unauthorized("Invalid refresh token", reason="for another service")
    if claims["exp"] <= now.timestamp():
        raise Unauthorized("Invalid refresh token", "expired", Cause.EXPIRED)
    if claims["kind"] == Kind.ROBOT:
        return _robot(claims["token"], claims["name"], now)
    return reauthenticate_person(claims["user"], claims["password"])


def _robot(token_id: int, name: str, now: datetime) -> Identity:
    """After a restored backup a row's id may be another robot's: the name decides."""
    identity = reauthenticate_robot(token_id, name, now)
    if identity.name != name:
        raise Unauthorized("Invalid refresh token", reason="made for another robot")
    return identity


def _verified(token: Secret) -> dict[str, Any]:
    text = token.reveal()
    if not text.startswith(PREFIX):
        raise Unauthorized("Invalid refresh token", reason="not a refresh token")
    try:
        claims = _signer().unsign_object(text.removeprefix(PREFIX))
    except (BadSignature, ValueError):
        raise Unauthorized("Invalid refresh token", reason="bad signature") from None
    return dict(claims)


def _signer() -> Signer:
    key, *older = keyring.keys(_PURPOSE)
    return Signer(key=key.hex(), fallback_keys=[k.hex() for k in older], salt=_PURPOSE)
