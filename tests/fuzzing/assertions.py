"""A token of an issuer: what is read of it, and what is believed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from federation.assertions import LATEST, LEEWAY, VerifiedClaims, peek, verify
from federation.errors import Refused
from federation.keys import parse_key_set
from robots.credentials import Secret
from tests.federation.forgery import dumped, header_of, sealed
from tests.federation.signer import Signer
from tests.fuzzing.bent import bent, halves

_SIGNER = Signer(algorithm="ES256")
_KEY = parse_key_set(_SIGNER.jwks())[_SIGNER.kid]


def assertion(data: bytes) -> None:
    """Only what the issuer signed is believed, and as it was signed."""
    _FORMS[data[0] % 3 if data else 0](data[1:])


def _any_text(data: bytes) -> None:
    assert _believed(data.decode("utf-8", "surrogateescape")) is None


def _good_one_bent(data: bytes) -> None:
    """It has one spelling: not a letter of it can be another."""
    good = _SIGNER.token().reveal()
    text = bent(good, data)
    assert (_believed(text) is not None) is (text == good)


def _signed_by_issuer(data: bytes) -> None:
    """An issuer may be hostile, and sign anything."""
    header, payload = halves(data)
    header = header or dumped(header_of(_SIGNER))
    claims = _believed(sealed(_SIGNER, header, payload).reveal())
    if claims is not None:
        said = _read(header)
        assert (said["alg"], said["kid"]) == ("ES256", _SIGNER.kid)
        assert not {"crit", "b64", "zip", "enc", "jwk", "jku", "x5u"} & set(said)
        assert claims == _read(payload)
        _check_claims(claims)


_FORMS: list[Callable[[bytes], None]] = [_any_text, _good_one_bent, _signed_by_issuer]


def _believed(text: str) -> VerifiedClaims | None:
    now = datetime.now(UTC)
    try:
        return verify(peek(Secret(text), now), _KEY, now)
    except Refused:
        return None


def _read(raw: bytes) -> dict[str, Any]:
    """JSON in which nothing is said twice, and which is an object."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    said = json.loads(raw.decode(), object_pairs_hook=members)
    assert isinstance(said, dict)
    return said


def _check_claims(claims: VerifiedClaims) -> None:
    """Who, by whom and until when: each is there, and of its type."""
    now = datetime.now(UTC).timestamp()
    leeway = LEEWAY.total_seconds()
    assert all(isinstance(claims[name], str) for name in ("iss", "sub"))
    assert claims["iss"]
    assert claims["sub"]
    assert not isinstance(claims["exp"], bool)
    assert now - leeway < claims["exp"] < LATEST.timestamp()
    assert claims["iat"] <= min(claims["exp"], now + leeway + 1)
    assert claims.get("nbf", 0) <= now + leeway + 1
    json.dumps(claims).encode()
