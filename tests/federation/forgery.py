"""An attacker's pen: tokens that say, or are, what no honest signer would make."""

import base64
import json
import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

from robots.credentials import Secret
from tests.federation.signer import Signer, encoded, signed

Make = Callable[[Signer], Secret]

MISSING = object()
"""Leaves a claim or a header parameter out; None says `null`."""

ATTACKER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ATTACKER_EC = ec.generate_private_key(ec.SECP256R1())


def header_of(signer: Signer, **changes: Any) -> dict[str, Any]:
    header = {"alg": signer.algorithm, "typ": "JWT", "kid": signer.kid} | changes
    return {name: value for name, value in header.items() if value is not MISSING}


def claims_of(signer: Signer, **changes: Any) -> dict[str, Any]:
    claims = signer.claims() | changes
    return {name: value for name, value in claims.items() if value is not MISSING}


def headed(**changes: Any) -> Make:
    """Well signed, under a header with these changes."""
    return lambda signer: Secret(
        signed(
            header_of(signer, **changes),
            signer.claims(),
            signer.algorithm,
            signer.key,
        )
    )


def claiming(**changes: Any) -> Make:
    """Well signed, with these changes of its claims."""
    return lambda signer: sealed(
        signer, dumped(header_of(signer)), dumped(claims_of(signer, **changes))
    )


def claiming_at(**seconds: float) -> Make:
    """Well signed, with times that are so many seconds from when it is made."""

    def make(signer: Signer) -> Secret:
        now = datetime.now(UTC).timestamp()
        return claiming(**{name: now + s for name, s in seconds.items()})(signer)

    return make


def spliced(member: str, *, without: str = "", header: bool = False) -> Make:
    """Well signed, with one more member that is put in as it is written."""

    def make(signer: Signer) -> Secret:
        parts = [header_of(signer), claims_of(signer)]
        said = parts[0 if header else 1]
        said.pop(without, None)
        texts = [dumped(part) for part in parts]
        at = 0 if header else 1
        texts[at] = texts[at][:-1] + b", " + member.encode() + b"}"
        return sealed(signer, *texts)

    return make


def payload(raw: bytes) -> Make:
    """Well signed, over these very bytes."""
    return lambda signer: sealed(signer, dumped(header_of(signer)), raw)


def raw_header(raw: bytes) -> Make:
    return lambda signer: sealed(signer, raw, dumped(signer.claims()))


def edited(change: Callable[[str], str]) -> Make:
    """A good token, changed after it was signed."""
    return lambda signer: Secret(change(signer.token().reveal()))


def by_attacker(**header: Any) -> Make:
    """Signed with the attacker's RSA key, under the header of the issuer's."""
    return lambda signer: Secret(
        signed(header_of(signer, **header), signer.claims(), "RS256", ATTACKER_RSA)
    )


def by_algorithm(algorithm: str, key: Any = None) -> Make:
    """Signed by another algorithm, with the issuer's key unless one is given."""
    return lambda signer: Secret(
        signed(
            header_of(signer, alg=algorithm),
            signer.claims(),
            algorithm,
            key or signer.key,
        )
    )


def by_public_key(secret_of: Callable[[Signer], bytes], algorithm: str) -> Make:
    """An HMAC whose secret is what everybody has: the issuer's public key."""

    def make(signer: Signer) -> Secret:
        texts = dumped(header_of(signer, alg=algorithm)), dumped(signer.claims())
        text = ".".join(encoded(part) for part in texts)
        method = HMACAlgorithm(HMACAlgorithm.SHA256)
        signature = method.sign(text.encode(), secret_of(signer))
        return Secret(f"{text}.{encoded(signature)}")

    return make


def pem(signer: Signer) -> bytes:
    public = signer.key.public_key()
    text: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text


def der(signer: Signer) -> bytes:
    public = signer.key.public_key()
    raw: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return raw


def jwk_text(signer: Signer) -> bytes:
    return json.dumps(signer.jwk()).encode()


def unsigned(algorithm: Any, signature: str = "") -> Make:
    """No signature, or none that anybody made; the header says so."""

    def make(signer: Signer) -> Secret:
        texts = dumped(header_of(signer, alg=algorithm)), dumped(signer.claims())
        return Secret(".".join([*(encoded(part) for part in texts), signature]))

    return make


def attacker_jwk() -> dict[str, Any]:
    shown: dict[str, Any] = RSAAlgorithm.to_jwk(ATTACKER_RSA.public_key(), as_dict=True)
    return shown | {"kid": "key-1", "use": "sig", "alg": "RS256"}


def attacker_certificate() -> str:
    """A certificate of the attacker's key for the issuer's name, as `x5c` has it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(ATTACKER_RSA.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(ATTACKER_RSA, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def encrypted(signer: Signer) -> Secret:
    """A real JWE (RFC 7516), of a good token, under a key made for it."""
    header = encoded(dumped({"alg": "dir", "enc": "A256GCM", "kid": signer.kid}))
    nonce, inner = os.urandom(12), signer.token().reveal().encode()
    box = AESGCM(os.urandom(32)).encrypt(nonce, inner, header.encode())
    return Secret(
        ".".join([header, "", encoded(nonce), encoded(box[:-16]), encoded(box[-16:])])
    )


def compressed(signer: Signer) -> Secret:
    raw = zlib.compress(dumped(signer.claims()))[2:-4]
    return sealed(signer, dumped(header_of(signer, zip="DEF")), raw)


def unencoded(signer: Signer) -> Secret:
    """A payload that is not base64url, as RFC 7797 has it."""
    header = encoded(dumped(header_of(signer, b64=False, crit=["b64"])))
    text = f"{header}.{json.dumps(signer.claims())}"
    return Secret(f"{text}.{encoded(_signature(signer, text))}")


def of_stranger(**claims: Any) -> Make:
    """By another issuer's own key, which has the same kid."""

    def make(signer: Signer) -> Secret:
        header = header_of(signer)
        return Secret(
            signed(header, claims_of(signer, **claims), "RS256", ATTACKER_RSA)
        )

    return make


def sealed(signer: Signer, header: bytes, body: bytes) -> Secret:
    """A JWS by the issuer's own key over any bytes."""
    text = f"{encoded(header)}.{encoded(body)}"
    return Secret(f"{text}.{encoded(_signature(signer, text))}")


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _signature(signer: Signer, text: str) -> bytes:
    method = jwt.get_algorithm_by_name(signer.algorithm)
    return method.sign(text.encode(), method.prepare_key(signer.key))
