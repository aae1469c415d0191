"""Public keys of an issuer, from a JWK set (RFC 7517). Pure.

What cannot verify a token is left out: other kinds of keys, keys that are too
short, keys for encryption, private ones.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from jwt.exceptions import PyJWTError

MAX_SET_BYTES = 64 * 1024
"""Bytes of a JWK set."""

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
MAX_RSA_EXPONENT = 2**32
"""Greater ones take long to verify with, and no issuer has them."""

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_EC = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
ALGORITHMS = _RSA | frozenset(_EC.values()) | {"EdDSA"}
"""Every algorithm that any issuer may sign with (contract 9, row 6)."""


class KeySetInvalid(Exception):
    """Not a JWK set, or none of its keys can verify a token."""


@dataclass(frozen=True)
class VerifyingKey:
    """A public key, and the only algorithms that it verifies."""

    kid: str
    algorithms: frozenset[str]
    key: PublicKey = field(repr=False, compare=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the key itself: the same wherever it was had from."""
        der = self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()


def parse_key_set(text: str) -> dict[str, VerifyingKey]:
    """The usable keys by their `kid`, of which the first counts. KeySetInvalid."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SET_BYTES:
        raise KeySetInvalid(f"a JWK set has at most {MAX_SET_BYTES} bytes")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise KeySetInvalid("not JSON") from None
    listed = data.get("keys") if isinstance(data, Mapping) else None
    if not isinstance(listed, list):
        raise KeySetInvalid("not a JWK set: it has no list `keys`")
    keys: dict[str, VerifyingKey] = {}
    for item in listed:
        if (key := _usable(item)) is not None:
            keys.setdefault(key.kid, key)
    if not keys:
        raise KeySetInvalid("none of its keys can verify a token")
    return keys


def _usable(item: Any) -> VerifyingKey | None:
    if not isinstance(item, Mapping) or not _is_for_signatures(item):
        return None
    kid, algorithm = item.get("kid"), item.get("alg")
    if not isinstance(kid, str) or not kid:
        return None
    try:
        # PyJWT wants a name; which algorithms the key may verify is decided below.
        key: PublicKey = PyJWK(dict(item), algorithm=_any_algorithm(item)).key
    except (PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        return None
    algorithms = _algorithms(key)
    if algorithm is not None:
        algorithms &= {algorithm} if isinstance(algorithm, str) else frozenset()
    return VerifyingKey(kid, algorithms, key) if algorithms else None


def _is_for_signatures(item: Mapping[str, Any]) -> bool:
    """A private or symmetric key in a published set is nobody's to trust."""
    operations = item.get("key_ops", ["verify"])
    return (
        item.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in item
        and "k" not in item
    )


def _any_algorithm(item: Mapping[str, Any]) -> str:
    curves = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
    if item.get("kty") == "RSA":
        return "RS256"
    return curves[str(item.get("crv"))]


def _algorithms(key: PublicKey) -> frozenset[str]:
    if isinstance(key, RSAPublicKey):
        return _RSA if _is_usual(key) else frozenset()
    if isinstance(key, EllipticCurvePublicKey):
        return frozenset({_EC[key.curve.name]} if key.curve.name in _EC else ())
    return frozenset({"EdDSA"})


def _is_usual(key: RSAPublicKey) -> bool:
    return (
        MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS
        and key.public_numbers().e <= MAX_RSA_EXPONENT
    )
