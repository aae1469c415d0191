"""The token of an issuer, from text to claims that may be believed. Pure.

`peek` reads what needs no key, and believes none of it; `verify` has the signature
checked and gives the claims. Whom they let in is for `federation.matching`. The
rules are those of RFC 7515, 7519 and 8725; where these leave a choice, no is taken.
"""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NewType

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from federation.errors import Code, Refused, shown
from federation.keys import ALGORITHMS, VerifyingKey
from robots.credentials import Secret
from robots.errors import DomainError
from robots.text import MAX_DEPTH, check_storable

MAX_TOKEN_LENGTH = 16 * 1024
"""Characters, each of them a byte, of a token."""

LEEWAY = timedelta(seconds=30)
"""By how much an issuer's clock may be ahead of ours, or behind it."""

LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""No token names a later time; one in milliseconds does."""

EXPIRED = "Invalid token: Signature has expired"
NO_ISSUER = "Token does not contain issuer"
NO_KID = "Invalid token: Missing `kid` header"

_MAX_DIGITS = 40
_HEADER_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_PAYLOAD_TYPES = frozenset({"bearer", "id", "jwt"})
"""Keycloak says in the claim `typ` what a token is for."""

_NO_HEADERS = {
    "crit": "asks for an extension, and none is known",
    "b64": "asks for another form of payload",
    "zip": "asks for compression",
    "enc": "is that of an encrypted token",
    "jwk": "brings a key of its own",
    "jku": "brings a key of its own",
    "x5u": "brings a key of its own",
}
_NO_CLAIMS = {
    "cnf": "binds the token to a key whose proof cannot be asked for",
    "events": "is that of a notice, not of a login",
}

_JWS = PyJWS()
_VERIFIERS = {name: _JWS.get_algorithm_by_name(name) for name in ALGORITHMS}

VerifiedClaims = NewType("VerifiedClaims", Mapping[str, Any])
"""What the issuer said, its signature checked: only `verify` makes these."""


@dataclass(frozen=True, slots=True)
class Peeked:
    """What a token says of itself. Nobody has checked yet that its issuer says so."""

    token: Secret
    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    issuer: str
    expires_at: datetime

    @property
    def kid(self) -> str:
        """Which of the issuer's keys signed it."""
        return str(self.header["kid"])

    @property
    def algorithm(self) -> str:
        """One of `keys.ALGORITHMS`."""
        return str(self.header["alg"])


def peek(token: Secret, now: datetime) -> Peeked:
    """Read a token before its issuer's keys are at hand.

    Raises Refused for what cannot be a token that logs in, and for one whose time is
    not now: that depends on the token alone, so the caller may know it.
    """
    parts = _parts(token.reveal())
    header, claims = (_object(_decoded(part)) for part in parts[:2])
    _decoded(parts[2])
    peeked = _peeked(token, header, claims)
    _check_times(claims, now)
    return peeked


def verify(peeked: Peeked, key: VerifyingKey, now: datetime) -> VerifiedClaims:
    """The claims of a token that `key` signed. Raises Refused for any other.

    They are read from the bytes that the signature covers, and have to be those that
    were peeked at.
    """
    header, claims = map(_read, _signed(peeked, key))
    if (header, claims) != (peeked.header, peeked.claims) or not _says(peeked, claims):
        raise _unproven("the token is not the one that was read before")
    _check_times(claims, now)
    return VerifiedClaims(claims)


def _says(peeked: Peeked, claims: Mapping[str, Any]) -> bool:
    """Whether who and until when were read from these very claims."""
    return (peeked.issuer, peeked.expires_at) == (claims["iss"], _time(claims, "exp"))


def _signed(peeked: Peeked, key: VerifyingKey) -> list[bytes]:
    """Header and payload, once the signature over both is checked (RFC 7515, 5.2)."""
    if peeked.kid != key.kid:
        raise _unproven("the key is not the one that the token names")
    # The algorithm is the key's to choose; the token may only agree (RFC 8725, 3.1).
    if peeked.algorithm not in key.algorithms & ALGORITHMS:
        raise _unproven(
            "the key does not verify what the token's algorithm signs",
            claim="alg",
            expected=", ".join(sorted(key.algorithms)),
            actual=shown(peeked.algorithm),
        )
    signed, _, signature = peeked.token.reveal().rpartition(".")
    if not _is_signature(signed, signature, peeked.algorithm, key):
        raise _unproven("the signature is not that of the issuer's key")
    return [_decoded(part) for part in signed.split(".")]


def _is_signature(
    signed: str, signature: str, algorithm: str, key: VerifyingKey
) -> bool:
    verifier = _VERIFIERS[algorithm]
    try:
        # A key of another kind, or one that is too short, verifies nothing.
        prepared = verifier.prepare_key(key.key)
        is_short = verifier.check_key_length(prepared) is not None
        return not is_short and verifier.verify(
            signed.encode(), prepared, _decoded(signature)
        )
    except (PyJWTError, Refused, ValueError, TypeError):
        return False


def _parts(text: str) -> list[str]:
    if len(text) > MAX_TOKEN_LENGTH:
        raise _malformed(f"longer than {MAX_TOKEN_LENGTH} characters")
    parts = text.split(".")
    if len(parts) != 3:
        raise _malformed("not three parts with dots between them")
    return parts


def _decoded(part: str) -> bytes:
    """The bytes of one part; each has one spelling only (RFC 7515, section 2)."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise _malformed("a part is not base64url") from None
    if not raw or base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise _malformed("a part is not base64url")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    """A JSON object that says everything once, and nothing that cannot be stored."""
    try:
        text = raw.decode()
        value = _JSON.decode(text)
        if not _is_plain(text):
            check_storable("token", value)
    except (ValueError, RecursionError, DomainError):
        raise _malformed("a part is not plain JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise _malformed("a part is not a JSON object")
    return value


def _read(raw: bytes) -> Any:
    """The same of bytes that were read before; None if they cannot have been."""
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None


def _is_plain(text: str) -> bool:
    """Whether JSON that `_JSON` reads has none of what `check_storable` refuses.

    NUL, and half of a surrogate pair, take an escape; each level takes a bracket.
    """
    return "\\u" not in text and text.count("{") + text.count("[") <= MAX_DEPTH


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members with one name, readers believe different ones (RFC 8725, 2.4)."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("NaN and infinity are not JSON")
    return number


_JSON = json.JSONDecoder(
    object_pairs_hook=_without_twins,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_number,
)


def _peeked(
    token: Secret, header: Mapping[str, Any], claims: Mapping[str, Any]
) -> Peeked:
    issuer = claims.get("iss")
    if issuer is None or issuer == "":
        raise _malformed("no issuer", "iss", message=NO_ISSUER)
    if not isinstance(issuer, str):
        raise _malformed("not one text", "iss", issuer)
    _check_header(header)
    _check_claims(claims)
    return Peeked(token, header, claims, issuer, _time(claims, "exp"))


def _check_header(header: Mapping[str, Any]) -> None:
    for name, wrong in _NO_HEADERS.items():
        if name in header:
            raise _malformed(wrong, name, header[name])
    kid = header.get("kid")
    if kid is None or kid == "":
        raise _malformed("no key is named", "kid", message=NO_KID)
    if not isinstance(kid, str):
        raise _malformed("not one text", "kid", kid)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise _malformed("not an allowed algorithm", "alg", algorithm)
    _check_type(header, _HEADER_TYPES)


def _check_claims(claims: Mapping[str, Any]) -> None:
    for name, wrong in _NO_CLAIMS.items():
        if name in claims:
            raise _malformed(wrong, name, claims[name])
    _check_type(claims, _PAYLOAD_TYPES)
    _check_text(claims, "sub")
    if "jti" in claims:
        _check_text(claims, "jti")
    audiences = claims.get("aud", [])
    listed = audiences if isinstance(audiences, list) else [audiences]
    if not all(isinstance(audience, str) for audience in listed):
        raise _malformed("not a text, nor a list of them", "aud", audiences)
    if _time(claims, "iat") > _time(claims, "exp"):
        raise _malformed("later than `exp`", "iat", claims["iat"])


def _check_type(said: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """A token of another kind was signed for another use (RFC 8725, 3.11)."""
    kind = said.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in allowed:
        raise _malformed("that of another kind of token", "typ", kind)


def _check_text(claims: Mapping[str, Any], name: str) -> None:
    text = claims.get(name)
    if not isinstance(text, str) or not text:
        raise _malformed("not one text", name, text)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    if _time(claims, "exp") <= now - LEEWAY:
        raise _untimely("exp", "in the past", claims, EXPIRED)
    for name in ("iat", "nbf"):
        if name in claims and _time(claims, name) > now + LEEWAY:
            message = f"Invalid token: `{name}` is in the future"
            raise _untimely(name, "in the future", claims, message)


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    """A NumericDate (RFC 7519, section 2): seconds since 1970, with any fraction."""
    seconds: Any = claims.get(name)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds < LATEST.timestamp():
        raise _malformed("not a time in seconds", name, seconds)
    return datetime.fromtimestamp(seconds, UTC)


def _malformed(
    wrong: str, name: str = "", actual: Any = None, *, message: str = ""
) -> Refused:
    said = f"`{name}` is {wrong}" if name else wrong
    return Refused(
        f"the token cannot be used: {said}",
        code=Code.INVALID_REQUEST,
        message=message or f"Invalid token: {said}",
        check="form",
        claim=name,
        actual=shown(actual),
    )


def _untimely(name: str, when: str, claims: Mapping[str, Any], message: str) -> Refused:
    return Refused(
        f"claim `{name}` is {when}",
        message=message,
        check="time",
        claim=name,
        actual=shown(claims[name]),
    )


def _unproven(reason: str, **facts: Any) -> Refused:
    """The caller learns no more than of a robot that does not trust the issuer."""
    return Refused(reason, check="signature", **facts)
