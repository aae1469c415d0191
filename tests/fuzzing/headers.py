"""The Authorization header: Basic, whose owner logs in; Bearer, our own token again."""

import base64
import json
import string
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import jwt

from registryauth import authentication, conf, signing, tokens
from registryauth.bearer import LEEWAY, check_bearer
from registryauth.errors import Unauthorized
from registryauth.signer import key_store
from robots.credentials import Secret
from robots.identity import ANONYMOUS, Identity, Kind
from robots.names import parse_robot_name
from tests.fuzzing.bent import bent, halves

_NOW = datetime(2026, 11, 2, tzinfo=UTC)
_DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_SPACE = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"
"""What counts as a space around a header that WSGI hands over."""


def basic(data: bytes) -> None:
    """A header is read as one pair, the one that it says, or refused.

    Of an odd first byte it is the rest in base64, so that much of it is a header.
    """
    header = data[1:].decode("latin-1")
    if data[:1] and data[0] % 2:
        header = "Basic " + base64.b64encode(data[1:]).decode()
    shown = _pair_read(header)
    assert shown == _pair_by_hand(header)
    if shown is not None:
        _check_name(shown[0])
        again = base64.b64encode(":".join(shown).encode()).decode()
        assert _pair_read(f"Basic {again}") == shown


def _pair_read(header: str) -> tuple[str, str] | None:
    """What the site would log in with; it asks nobody whether that is right."""
    shown: list[tuple[str, str]] = []

    def log_in(username: str, secret: Secret, *_: Any) -> Identity:
        shown.append((username, secret.reveal()))
        return ANONYMOUS

    with patch.object(authentication, "authenticate", log_in), suppress(Unauthorized):
        authentication.authenticate_header(header, _NOW)
        assert len(shown) == 1
    return shown[0] if shown else None


def _pair_by_hand(header: str) -> tuple[str, str] | None:
    """RFC 7617, section 2: the first colon ends the user name, which is not empty."""
    header = header.strip(_SPACE)
    scheme, encoded = header[:5], header[5:]
    if scheme.lower() != "basic" or encoded[:1] != " ":
        return None
    raw = _base64_by_hand(encoded.strip(_SPACE))
    try:
        pair = "" if raw is None else raw.decode()
    except ValueError:
        return None
    at = pair.find(":")
    return (pair[:at], pair[at + 1 :]) if at > 0 else None


def _base64_by_hand(text: str) -> bytes | None:
    """RFC 4648, section 4; the bits that are left over may be any."""
    digits = text.rstrip("=")
    padding = len(text) - len(digits)
    if len(text) % 4 or padding > 2 or not set(digits) <= set(_DIGITS):
        return None
    bits = "".join(f"{_DIGITS.index(digit):06b}" for digit in digits)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


def _check_name(username: str) -> None:
    """A robot's name is one that can be written in one way."""
    name = parse_robot_name(username)
    assert name is None or str(name) == username


def bearer(data: bytes) -> None:
    """Only what our key signed is believed, as it was signed, for us and now."""
    _FORMS[data[0] % 3 if data else 0](data[1:])


def _any_header(data: bytes) -> None:
    assert not _is_believed(data.decode("latin-1"))


def _one_of_ours_bent(data: bytes) -> None:
    """Header and payload are those that were signed, to the letter."""
    token = bent(_ours(), data)
    if _is_believed(f"Bearer {token}"):
        assert token.strip(_SPACE).split(".")[:2] == _ours().split(".")[:2]


def _signed_by_us(data: bytes) -> None:
    """Whatever our key signs, it is no token without the claims of one."""
    header, payload = halves(data)
    key = signing.active_key()
    ours = {"alg": key.algorithm, "kid": signing.jwks()["keys"][0]["kid"], "typ": "JWT"}
    header = header or json.dumps(ours).encode()
    parts = [
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (header, payload)
    ]
    method = jwt.get_algorithm_by_name(key.algorithm)
    signature = method.sign(".".join(parts).encode(), key.private_key)
    parts.append(base64.urlsafe_b64encode(signature).rstrip(b"=").decode())
    if _is_believed(f"Bearer {'.'.join(parts)}"):
        assert json.loads(header) == ours
        _check_claims(json.loads(payload))


def _check_claims(claims: dict[str, Any]) -> None:
    """The claims of RFC 7519 that ours have, each of its own type and for us."""
    now = time.time()
    assert claims["iss"] == conf.issuer()
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    assert set(audiences) & set(conf.services())
    assert isinstance(claims["sub"], str)
    assert isinstance(claims["jti"], str)
    assert int(claims["exp"]) > now - LEEWAY - 1
    assert int(claims["nbf"]) < now + LEEWAY + 1
    assert int(claims["iat"]) < now + LEEWAY + 1


_FORMS: list[Callable[[bytes], None]] = [
    _any_header,
    _one_of_ours_bent,
    _signed_by_us,
]


@cache
def _token_of(folder: Any, hour: int) -> str:
    identity = Identity(Kind.ROBOT, "acme+ci", 1, 1)
    return tokens.mint(identity, conf.services()[0], [], datetime.now(UTC)).token


def _ours() -> str:
    """A good token, of the keys that there are; it lives longer than a minute."""
    return _token_of(key_store().folder, int(time.time() // 60))


def _is_believed(header: str) -> bool:
    try:
        check_bearer(header)
    except Unauthorized:
        return False
    return True
