"""The provider's ID token, from text to claims that may be believed.

The signature, the times and the form are for `federation.assertions`, which is as
strict with the provider as with any issuer; here is what OpenID Connect Core 1.0,
section 3.1.3.7, asks besides.
"""

from typing import Any

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from federation.assertions import Peeked, VerifiedClaims, peek, verify
from federation.errors import Refused
from federation.fetching import FetchFailed, fetch_json
from federation.keys import KeySetInvalid, VerifyingKey, parse_key_set
from quaysite.models.oidc import MAX_SUBJECT
from quaysite.oidc import conf
from quaysite.oidc.errors import OidcRefused
from quaysite.oidc.provider import Provider
from robots.credentials import Secret


def verified(id_token: Any, nonce: str, provider: Provider) -> VerifiedClaims:
    """The claims of a token that was made for this very sign-in. Raises OidcRefused."""
    if not isinstance(id_token, str):
        raise _refused("the provider sent no ID token")
    try:
        peeked = peek(Secret(id_token), timezone.now())
        if peeked.issuer != provider.issuer:
            raise _refused("the ID token is of another issuer")
        claims = verify(peeked, _key(peeked, provider), timezone.now())
    except Refused as refused:
        raise _refused(f"the ID token was refused: {refused.reason}") from None
    _check_audience(claims)
    _check_nonce(claims, nonce)
    if len(claims["sub"]) > MAX_SUBJECT:
        raise _refused("`sub` of the ID token is too long")
    return claims


def _key(peeked: Peeked, provider: Provider) -> VerifyingKey:
    """Asked for at each sign-in: only a token of the provider's gets this far."""
    try:
        keys = parse_key_set(fetch_json(provider.jwks_uri, internal=True))
    except (FetchFailed, KeySetInvalid) as error:
        raise _refused(f"no keys of the provider: {error}") from None
    if peeked.kid not in keys:
        raise _refused("the provider has no usable key of the ID token's kid")
    return keys[peeked.kid]


def _check_audience(claims: VerifiedClaims) -> None:
    """A token for somebody else too must say that we asked for it."""
    audience = claims.get("aud", [])
    listed = audience if isinstance(audience, list) else [audience]
    if conf.client_id() not in listed:
        raise _refused("the ID token is for another audience")
    party = claims.get("azp", conf.client_id() if len(listed) == 1 else None)
    if party != conf.client_id():
        raise _refused("the ID token was given to another party")


def _check_nonce(claims: VerifiedClaims, nonce: str) -> None:
    said = claims.get("nonce")
    if not isinstance(said, str) or not constant_time_compare(said, nonce):
        raise _refused("the ID token is not of this sign-in: its nonce is another")


def _refused(reason: str) -> OidcRefused:
    return OidcRefused(
        f"The answer of {conf.name()} could not be verified, so nobody was signed in."
        " Try again; if it happens again, tell an administrator.",
        check="token",
        reason=reason,
    )
