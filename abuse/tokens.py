"""JSON Web Tokens, read without trust and written without scruple."""

import base64
import json
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from abuse.verdict import NotApplicable


def encoded(raw: bytes) -> str:
    """Base64url without padding, as JOSE has it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    """The bytes of a part. Raises ValueError."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified. Raises NotApplicable for what is no JWT."""
    try:
        header, claims = (json.loads(decoded(part)) for part in token.split(".")[:2])
    except ValueError:
        raise NotApplicable("the service's tokens are opaque") from None
    if not (isinstance(header, dict) and isinstance(claims, dict)):
        raise NotApplicable("the service's tokens are opaque")
    return header, claims


def assembled(header: Any, claims: Any, signature: bytes) -> str:
    """A token of exactly these parts; bytes stand for themselves."""
    parts = [
        part if isinstance(part, bytes) else _dumped(part) for part in (header, claims)
    ]
    return ".".join([*(encoded(part) for part in parts), encoded(signature)])


def with_changed_end(token: str) -> str:
    """The token with another last byte of its signature."""
    signed, _, signature = token.rpartition(".")
    raw = bytearray(decoded(signature) or b"\0")
    raw[-1] ^= 1
    return f"{signed}.{encoded(bytes(raw))}"


def with_claims(token: str, **changes: Any) -> str:
    """The token with other claims under the signature that it had."""
    header, claims = read(token)
    return assembled(header, claims | changes, decoded(token.rpartition(".")[2]))


def unsigned(token: str, algorithm: str, **changes: Any) -> str:
    """The token with this `alg` and no signature."""
    header, claims = read(token)
    return assembled({**header, "alg": algorithm}, claims | changes, b"")


def signature_of(text: str, algorithm: str, key: Any) -> bytes:
    """What `key` says to a text; keys of HMAC are bytes, and any will do."""
    method = jwt.get_algorithm_by_name(algorithm)
    prepared = key if isinstance(key, bytes) else method.prepare_key(key)
    return bytes(method.sign(text.encode(), prepared))


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@lru_cache
def _rsa_key(_: str) -> rsa.RSAPrivateKey:
    """Made once for each use: it takes a while."""
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Pen:
    """What an issuer signs with."""

    kid: str
    algorithm: str
    key: Any

    @classmethod
    def new(cls) -> "Pen":
        """That of an issuer of the kit's."""
        return cls("abuse-key", "RS256", _rsa_key("of issuers"))

    @classmethod
    def of_stranger(cls, kid: str, algorithm: str = "RS256") -> "Pen":
        """With a key that no issuer has, under whatever kid."""
        if algorithm.startswith("ES"):
            return cls(kid, algorithm, ec.generate_private_key(ec.SECP256R1()))
        return cls(kid, algorithm, _rsa_key("of strangers"))

    def header(self, **changes: Any) -> dict[str, Any]:
        """The usual header; a change of None leaves a field out."""
        usual = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid} | changes
        return {name: value for name, value in usual.items() if value is not None}

    def signed(
        self, header: Any, claims: Any, *, algorithm: str = "", key: Any = None
    ) -> str:
        """A JWS over exactly this header and these claims."""
        text = assembled(header, claims, b"").rpartition(".")[0]
        made = signature_of(text, algorithm or self.algorithm, key or self.key)
        return f"{text}.{encoded(made)}"

    def jwk(self) -> dict[str, Any]:
        """The public key."""
        kind = ECAlgorithm if self.algorithm.startswith("ES") else RSAAlgorithm
        shown: dict[str, Any] = kind.to_jwk(self.key.public_key(), as_dict=True)
        return {**shown, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def public_bytes(self, encoding: Encoding) -> bytes:
        """The public key as it is published in files."""
        public: bytes = self.key.public_key().public_bytes(
            encoding, PublicFormat.SubjectPublicKeyInfo
        )
        return public


@dataclass(frozen=True)
class Workload:
    """Who may act as `robot`: tokens of this issuer, subject and audience."""

    robot: str
    issuer: str
    subject: str
    audience: str
    pen: Pen

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token says; a change of None leaves a claim out."""
        now = int(time.time())
        usual = {
            "iss": self.issuer, "sub": self.subject, "aud": self.audience,
            "iat": now, "nbf": now, "exp": now + 300, "jti": uuid.uuid4().hex,
        } | changes  # fmt: skip
        return {name: value for name, value in usual.items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token, signed with the issuer's own key."""
        return self.pen.signed(
            self.pen.header(**(header or {})), self.claims(**changes)
        )
