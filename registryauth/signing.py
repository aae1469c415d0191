"""The keys in use by this process, loaded once; what they sign, what verifies it."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from registryauth import conf
from registryauth.keys import KeyStore, SigningKey


def key_store() -> KeyStore:
    """The folder that REGISTRY_SIGNING_KEYS_DIR names."""
    return KeyStore(conf.signing_keys_dir())


@lru_cache(maxsize=1)
def active_key() -> SigningKey:
    """The key that signs; made on first start. Raises KeyStoreError.

    A process keeps the key it began with: loading one costs a thousand signatures.
    """
    store = key_store()
    store.ensure(conf.signing_algorithm())
    return store.active()


@lru_cache(maxsize=1)
def _signer() -> tuple[jwt.PyJWS, dict[str, Any]]:
    key = active_key()
    return jwt.PyJWS(algorithms=[key.algorithm]), {"kid": key.kid, "typ": "JWT"}


def sign(claims: dict[str, Any]) -> str:
    """A compact JWS of `claims` under the active key, with its libtrust kid."""
    key = active_key()
    jws, headers = _signer()
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return jws.encode(payload, key.private_key, key.algorithm, headers=headers)


def forget_keys() -> None:
    """Load the keys anew at the next use: for commands and tests that change them."""
    active_key.cache_clear()
    _signer.cache_clear()
    _published.cache_clear()
    _verifying.cache_clear()


def certificate_bundle() -> str:
    """Certificates of all keys, PEM: `rootcertbundle` of a Distribution registry."""
    return "".join(key.certificate for key in key_store().all())


def jwks() -> dict[str, list[dict[str, Any]]]:
    """All public keys as a JWK Set (RFC 7517), each with its libtrust kid.

    Makes the first key if there is none: an empty set would be cached as the truth.
    """
    active_key()
    folder = key_store().folder
    return {"keys": _published(folder, folder.stat().st_mtime_ns)}


@lru_cache(maxsize=1)
def _published(folder: Path, changed_ns: int) -> list[dict[str, Any]]:
    """The JWKs of a folder as it was when it last changed: read once, not per request.

    Loading an RSA key takes 50 ms, and anybody may ask for the set.
    """
    return [_jwk(key) for key in KeyStore(folder).all()]


def verifying_keys() -> list[jwt.PyJWK]:
    """All public keys, each with its kid and the one algorithm it is for.

    Raises KeyStoreError.
    """
    active_key()
    folder = key_store().folder
    return _verifying(folder, folder.stat().st_mtime_ns)


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
