"""A registry token that comes back to us: is it one of ours, and still good?"""

from typing import Any

import jwt

from registryauth import conf, signing
from registryauth.errors import Unauthorized

LEEWAY = 30
"""Seconds by which the clocks of two replicas may differ."""

_CLAIMS = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"]


def check_bearer(header: str | None) -> None:
    """Raise Unauthorized unless `header` carries a live registry token of ours.

    KeyStoreError if there are no keys to check it with.
    """
    if header is None:
        raise Unauthorized("access to the requested resource is not authorized")
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise Unauthorized("Invalid bearer token format")
    key = _key_of(token)
    try:
        jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            audience=conf.services(),
            issuer=conf.issuer(),
            leeway=LEEWAY,
            options={
                "require": _CLAIMS,
                "verify_signature": True,
                "verify_exp": True,
                "verify_nbf": True,
                "verify_iat": True,
                "verify_aud": True,
                "verify_iss": True,
                "verify_sub": True,
                "verify_jti": True,
                "strict_aud": False,
                "enforce_minimum_key_length": True,
            },
        )
    except jwt.PyJWTError as error:
        raise _invalid(type(error).__name__) from None


def _key_of(token: str) -> jwt.PyJWK:
    """The key that the token's header names; it must be a header as we write it.

    So the algorithm is the key's, and nothing that is `crit` can be there.
    """
    header = _header(token)
    for key in signing.verifying_keys():
        if header == {"alg": key.algorithm_name, "kid": key.key_id, "typ": "JWT"}:
            return key
    raise _invalid("not a header of ours, or an unknown key")


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _invalid(type(error).__name__) from None


def _invalid(reason: str) -> Unauthorized:
    """One text for all: whoever forges a token is not told what to mend."""
    return Unauthorized("Invalid bearer token", reason=f"registry token: {reason}")
