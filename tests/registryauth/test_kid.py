"""The key id, against one that openssl computes from the key's file."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from registryauth.keys import PrivateKey
from registryauth.kid import libtrust_kid

OPENSSL = (
    "openssl pkey -pubout -outform DER | openssl dgst -sha256 -binary"
    " | head -c30 | base32 -w0 | sed 's/..../&:/g; s/:$//'"
)


def openssl_kid(key: PrivateKey) -> str:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    result = subprocess.run(
        ["sh", "-c", OPENSSL], input=pem, capture_output=True, check=True
    )
    return result.stdout.decode()


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["EC", "RSA"],
)
def test_the_kid_is_libtrusts_fingerprint_of_the_public_key(key: PrivateKey) -> None:
    assert libtrust_kid(key.public_key()) == openssl_kid(key)


def test_the_kid_is_twelve_groups_of_four_letters() -> None:
    kid = libtrust_kid(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert [len(group) for group in kid.split(":")] == [4] * 12
