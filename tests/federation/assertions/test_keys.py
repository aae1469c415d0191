"""The key and the header that a token was read with are those that verify it."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from federation.assertions import LATEST, Peeked, peek, verify
from federation.errors import NO_MATCH, Refused
from federation.keys import VerifyingKey
from robots.credentials import Secret
from tests.federation import forgery
from tests.federation.assertions.verifying import KEY, SIGNER, verified
from tests.federation.forgery import ATTACKER_EC, header_of
from tests.federation.signer import signed

SHORT_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - too short
ED25519 = ed25519.Ed25519PrivateKey.generate()


# What was verified is what was read


def _peeked() -> Peeked:
    return peek(SIGNER.token(), datetime.now(UTC))


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example"},
        {"expires_at": LATEST},
        {"header": {"alg": "RS256", "typ": "at+jwt", "kid": "key-1"}},
        {"token": SIGNER.token(iss="https://other.example")},
        {"token": SIGNER.token({"typ": "at+jwt"})},
        {"token": SIGNER.token({"kid": "key-2"})},
        {"token": forgery.sealed(SIGNER, b"{}", b"no JSON")},
        {"token": forgery.sealed(SIGNER, b"{}", b"\xff")},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_the_verified_token_is_the_one_that_was_read(changes: dict[str, Any]) -> None:
    crooked = dataclasses.replace(_peeked(), **changes)
    with pytest.raises(Refused) as caught:
        verify(crooked, KEY, datetime.now(UTC))
    assert (caught.value.check, caught.value.message) == ("signature", NO_MATCH)


def test_s12_the_header_that_is_verified_is_the_one_that_was_read() -> None:
    forged = forgery.unsigned("none")(SIGNER)
    crooked = dataclasses.replace(_peeked(), token=forged)
    with pytest.raises(Refused, match="not that of the issuer's key"):
        verify(crooked, KEY, datetime.now(UTC))


def test_a_key_of_another_name_verifies_nothing() -> None:
    other = dataclasses.replace(KEY, kid="key-2")
    with pytest.raises(Refused, match="not the one that the token names"):
        verify(_peeked(), other, datetime.now(UTC))


@pytest.mark.parametrize(
    "key",
    [
        VerifyingKey("key-1", frozenset({"RS256"}), ATTACKER_EC.public_key()),
        VerifyingKey("key-1", frozenset({"RS256"}), SHORT_RSA.public_key()),
        VerifyingKey("key-1", frozenset({"RS256"}), ED25519.public_key()),
    ],
    ids=["EC", "RSA of 1024 bits", "Ed25519"],
)
def test_s13_a_key_that_is_said_to_verify_what_it_cannot(key: VerifyingKey) -> None:
    with pytest.raises(Refused, match="not that of the issuer's key"):
        verify(_peeked(), key, datetime.now(UTC))


def test_s13_a_short_key_verifies_not_even_what_it_signed() -> None:
    token = Secret(signed(header_of(SIGNER), SIGNER.claims(), "RS256", SHORT_RSA))
    short = VerifyingKey("key-1", frozenset({"RS256"}), SHORT_RSA.public_key())
    with pytest.raises(Refused) as caught:
        verified(token, short)
    assert caught.value.check == "signature"


def test_s12_an_algorithm_that_no_issuer_may_use_is_none_of_the_key_either() -> None:
    eager = dataclasses.replace(KEY, algorithms=frozenset({"HS256", "none"}))
    with pytest.raises(Refused, match="does not verify what"):
        verify(_peeked(), eager, datetime.now(UTC))
