"""An identity provider's pen: real keys, and real tokens signed with them."""

import base64
import json
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from robots.credentials import Secret

ISSUER = "https://issuer.example"
SUBJECT = "repo:acme/app:ref:refs/heads/main"
AUDIENCE = "https://quay.example"

_RSA_KEYS = [
    rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)
]
"""Made once: they take a while."""


class Signer:
    """One issuer with one key at a time."""

    def __init__(self, issuer: str = ISSUER, algorithm: str = "RS256") -> None:
        self.issuer = issuer
        self.algorithm = algorithm
        self.kid = "key-1"
        self._number = 0
        self.key: Any = self._new_key()

    def rotate(self) -> None:
        """Sign with another key, under another kid, from now on."""
        self._number += 1
        self.kid = f"key-{self._number + 1}"
        self.key = self._new_key()

    def jwk(self) -> dict[str, Any]:
        """The public key, as an issuer publishes it."""
        kind = ECAlgorithm if self.algorithm[0] == "E" else RSAAlgorithm
        shown: dict[str, Any] = kind.to_jwk(self.key.public_key(), as_dict=True)
        return {**shown, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def jwks(self) -> str:
        """The JWK set."""
        return json.dumps({"keys": [self.jwk()]})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token says; a change of None leaves that claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, headers: dict[str, Any] | None = None, **changes: Any) -> Secret:
        """A signed token with the claims of `claims`."""
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid}
        shown = {k: v for k, v in (header | (headers or {})).items() if v is not None}
        return Secret(signed(shown, self.claims(**changes), self.algorithm, self.key))

    def _new_key(self) -> Any:
        if self.algorithm[0] == "E":
            curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}
            return ec.generate_private_key(curves[self.algorithm]())
        return _RSA_KEYS[self._number % len(_RSA_KEYS)]


def signed(header: dict[str, Any], claims: Any, algorithm: str, key: Any) -> str:
    """A JWS with exactly this header and payload, whatever they say."""
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    method = jwt.get_algorithm_by_name(algorithm)
    signature = method.sign(".".join(parts).encode(), method.prepare_key(key))
    return ".".join([*parts, encoded(signature)])


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
