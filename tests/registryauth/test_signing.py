"""What is signed and what is published to verify it: JWKS and certificate bundle."""

import base64
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pytest_django.fixtures import Settings

from registryauth import signer, signing
from registryauth.keys import KeyStoreError
from registryauth.kid import libtrust_kid
from registryauth.signer import key_store

CLAIMS = {"sub": "acme+ci", "iss": "quaysite"}
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def published(kid: str) -> dict[str, Any]:
    """The JWK of that key id."""
    (found,) = [key for key in signing.jwks()["keys"] if key["kid"] == kid]
    return found


def bundled_keys() -> dict[str, ec.EllipticCurvePublicKey | rsa.RSAPublicKey]:
    """The public keys of the certificates, by key id."""
    found = {}
    bundle = signing.certificate_bundle().encode()
    for certificate in x509.load_pem_x509_certificates(bundle):
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        found[libtrust_kid(key)] = key
    return found


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_verifies_through_the_jwks_and_through_the_bundle(
    algorithm: str, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_ALGORITHM = algorithm
    token = signing.sign(CLAIMS)
    header = jwt.get_unverified_header(token)
    assert header == {"typ": "JWT", "alg": algorithm, "kid": header["kid"]}
    jwk = jwt.PyJWK(published(header["kid"]))
    assert jwt.decode(token, jwk.key, algorithms=[algorithm]) == CLAIMS
    bundled = bundled_keys()[header["kid"]]
    assert jwt.decode(token, bundled, algorithms=[algorithm]) == CLAIMS


@pytest.mark.parametrize(
    ("algorithm", "members"),
    [
        ("ES256", {"kty": "EC", "crv": "P-256"}),
        ("RS256", {"kty": "RSA", "e": "AQAB"}),
    ],
)
def test_a_jwk_has_public_members_only(
    algorithm: str, members: dict[str, str], settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_ALGORITHM = algorithm
    (jwk,) = signing.jwks()["keys"]
    coordinates = {"x", "y"} if algorithm == "ES256" else {"n"}
    assert jwk.keys() == members.keys() | coordinates | {"kty", "kid", "alg", "use"}
    assert not jwk.keys() & PRIVATE_MEMBERS
    assert members.items() <= jwk.items()
    assert (jwk["alg"], jwk["use"]) == (algorithm, "sig")


def _with_a_leading_zero() -> ec.EllipticCurvePrivateKey:
    """The first private key whose public x or y begins with a zero byte."""
    for number in range(1, 5000):
        key = ec.derive_private_key(number, ec.SECP256R1())
        point = key.public_key().public_numbers()
        if min(point.x, point.y).bit_length() <= 248:
            return key
    raise AssertionError("no such key among the first ones")


def test_coordinates_are_padded_to_32_bytes(own_signing_keys: Path) -> None:
    key = _with_a_leading_zero()
    path = own_signing_keys / f"{signing.active_key().id}.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (jwk,) = signing.jwks()["keys"]
    point = key.public_key().public_numbers()
    for member, number in (("x", point.x), ("y", point.y)):
        assert "=" not in jwk[member]
        decoded = base64.urlsafe_b64decode(jwk[member] + "=")
        assert decoded == number.to_bytes(32, "big")


def test_tokens_from_before_a_change_of_keys_verify_after_it() -> None:
    before = signing.sign(CLAIMS)
    added = key_store().add("RS256")
    key_store().activate(added.id)
    signing.forget_keys()
    after = signing.sign(CLAIMS)
    assert jwt.get_unverified_header(after)["kid"] == added.kid
    for token in (before, after):
        header = jwt.get_unverified_header(token)
        jwk = jwt.PyJWK(published(header["kid"]))
        assert jwt.decode(token, jwk.key, algorithms=[header["alg"]]) == CLAIMS
    assert bundled_keys().keys() == {key["kid"] for key in signing.jwks()["keys"]}


def test_a_process_learns_within_a_second_that_another_key_signs() -> None:
    first = signing.active_key()
    added = key_store().add("ES256")
    key_store().activate(added.id)
    began = time.monotonic()
    while signing.active_key().id == first.id:
        assert time.monotonic() - began < 30
        time.sleep(0.01)
    assert signing.active_key().id == added.id
    assert jwt.get_unverified_header(signing.sign(CLAIMS))["kid"] == added.kid


def test_it_signs_on_while_the_folder_cannot_be_read(
    own_signing_keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = signing.active_key()
    away = own_signing_keys.rename(own_signing_keys.with_name("away"))
    time.sleep(signer.LOOK_SECONDS)
    header = jwt.get_unverified_header(signing.sign(CLAIMS))
    assert header["kid"] == key.kid
    assert caplog.text.count("the signing key of before signs on") == 1
    away.rename(own_signing_keys)
    signing.forget_keys()
    assert signing.active_key().id == key.id


def test_a_process_that_has_no_key_yet_tries_again_at_once(
    own_signing_keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = signing.active_key()
    signing.forget_keys()
    active = own_signing_keys / "active"
    active.write_text("gone\n")
    with pytest.raises(KeyStoreError):
        signing.active_key()
    active.write_text(f"{key.id}\n")
    assert signing.active_key().id == key.id


def test_a_retired_key_is_published_no_more() -> None:
    first = signing.active_key()
    added = key_store().add("ES256")
    assert {key["kid"] for key in signing.jwks()["keys"]} == {first.kid, added.kid}
    key_store().retire(added.id)
    assert [key["kid"] for key in signing.jwks()["keys"]] == [first.kid]
    assert bundled_keys().keys() == {first.kid}


def test_an_unknown_algorithm_signs_nothing(settings: Settings) -> None:
    settings.REGISTRY_SIGNING_ALGORITHM = "HS256"
    with pytest.raises(KeyStoreError, match="unknown signing algorithm HS256"):
        signing.sign(CLAIMS)


def test_publishing_reads_no_key_again_until_one_is_added() -> None:
    before = signing.jwks()
    added = key_store().add("ES256")
    after = signing.jwks()
    assert [key["kid"] for key in after["keys"]] != [
        key["kid"] for key in before["keys"]
    ]
    assert added.kid in {key["kid"] for key in after["keys"]}
    for path in key_store().folder.glob("*.pem"):
        path.write_text("no longer a key")  # the folder itself does not change
    assert signing.jwks() == after
