"""S-11 to S-13: a registry token is what our key signed, by the algorithm of the key.

The verifier is the registry's; these tests hold us to what we give it: keys that
name their algorithm, and tokens that carry no key material of their own.
"""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registryauth import signing
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body

SCOPE = "repository:acme/web:pull"


def test_s11_the_header_of_a_token_carries_no_key_material(
    cast: Cast, endpoint: Endpoint
) -> None:
    token = body(endpoint.get(SCOPE))["token"]
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid", "typ"}


def test_s12_the_published_key_names_its_one_algorithm(
    cast: Cast, endpoint: Endpoint
) -> None:
    token = body(endpoint.get(SCOPE))["token"]
    (published,) = signing.jwks()["keys"]
    assert jwt.get_unverified_header(token)["alg"] == published["alg"] == "ES256"


def _forged(claims: dict[str, Any], algorithm: str) -> str:
    """What an attacker who has our public key can sign with it."""
    key = signing.active_key()
    public = key.private_key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    signed = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(pem, signed, "sha256") if algorithm == "HS256" else b""
    return b".".join([signed, _base64(signature)]).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_s12_a_token_signed_without_our_private_key_does_not_verify(
    algorithm: str, cast: Cast, endpoint: Endpoint
) -> None:
    genuine = body(endpoint.get(SCOPE, login=basic("acme+ci", cast.ci_secret)))["token"]
    claims = endpoint.verified(genuine)
    forged = _forged({**claims, "sub": "alice"}, algorithm)
    with pytest.raises(jwt.InvalidAlgorithmError):
        endpoint.verified(forged)


def test_s13_a_token_of_another_key_under_our_kid_does_not_verify(
    cast: Cast, endpoint: Endpoint
) -> None:
    claims = endpoint.claims(endpoint.get(SCOPE))
    forged = jwt.encode(
        {**claims, "sub": "alice"},
        ec.generate_private_key(ec.SECP256R1()),
        algorithm="ES256",
        headers={"kid": signing.active_key().kid},
    )
    with pytest.raises(jwt.InvalidSignatureError):
        endpoint.verified(forged)
