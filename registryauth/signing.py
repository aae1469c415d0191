"""What the keys of this process sign, and what verifies it."""

from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from registryauth.keys import KeyStore, SigningKey
from registryauth.signer import key_store, signers
from robots.spans import traced

_SHA256 = SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PKCS1 = padding.PKCS1v15()


def active_key() -> SigningKey:
    """The key that signs; made on first start. Raises KeyStoreError."""
    return signers.current().key


@traced("signing")
def sign(claims: dict[str, Any]) -> str:
    """A compact JWS of `claims` under the active key, with its libtrust kid.

    RFC 7515, section 7.1. ES256 is what RFC 7518, section 3.4, says: both numbers of
    the signature as 32 bytes each, not the DER that the library makes of them.
    """
    signer = signers.current()
    signed = b"%b.%b" % (signer.header, _base64url(orjson.dumps(claims)))
    signature = _signature(signer.key, signed)
    return (b"%b.%b" % (signed, _base64url(signature))).decode()


def _signature(key: SigningKey, signed: bytes) -> bytes:
    if key.algorithm == "RS256":
        return cast(RSAPrivateKey, key.private_key).sign(signed, _PKCS1, _SHA256)
    der = cast(EllipticCurvePrivateKey, key.private_key).sign(signed, _ECDSA)
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def forget_keys() -> None:
    """Load the keys anew at the next use: for commands and tests that change them."""
    signers.forget()
    _published.cache_clear()
    _verifying.cache_clear()


def certificate_bundle() -> str:
    """Certificates of all keys, PEM: `rootcertbundle` of a Distribution registry.

    Raises KeyStoreError.
    """
    return "".join(key.certificate for key in key_store().published())


def jwks() -> dict[str, list[dict[str, Any]]]:
    """All public keys as a JWK Set (RFC 7517), each with its libtrust kid.

    Makes the first key if there is none: an empty set would be cached as the truth.
    Raises KeyStoreError where keys were lost, though this process may sign on.
    """
    active_key()
    store = key_store()
    return {"keys": _published(store.folder, store.changed_ns())}


@lru_cache(maxsize=1)
def _published(folder: Path, changed_ns: int) -> list[dict[str, Any]]:
    """The JWKs of a folder as it was when it last changed: read once, not per request.

    Loading an RSA key takes 50 ms, and anybody may ask for the set.
    """
    return [_jwk(key) for key in KeyStore(folder).published()]


def verifying_keys() -> list[jwt.PyJWK]:
    """All public keys, each with its kid and the one algorithm it is for.

    Raises KeyStoreError.
    """
    active_key()
    store = key_store()
    return _verifying(store.folder, store.changed_ns())


@lru_cache(maxsize=1)
def _verifying(folder: Path, changed_ns: int) -> list[jwt.PyJWK]:
    return [jwt.PyJWK(members) for members in _published(folder, changed_ns)]


def _jwk(key: SigningKey) -> dict[str, Any]:
    public_key = key.private_key.public_key()
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        members = ECAlgorithm.to_jwk(public_key, as_dict=True)
    else:
        members = RSAAlgorithm.to_jwk(public_key, as_dict=True)
    members.pop("key_ops", None)
    return {**members, "kid": key.kid, "alg": key.algorithm, "use": "sig"}
