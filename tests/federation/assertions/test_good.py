"""Tokens that verify: algorithms, headers, claims and sizes."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt import algorithms

from federation.assertions import MAX_TOKEN_LENGTH, peek
from federation.errors import Refused
from federation.keys import ALGORITHMS, VerifyingKey, parse_key_set
from robots.credentials import Secret
from tests.federation import forgery
from tests.federation.assertions.verifying import (
    NOW,
    SECOND,
    SIGNER,
    at,
    refused,
    verified,
)
from tests.federation.forgery import (
    ATTACKER_RSA,
    MISSING,
    dumped,
    header_of,
    sealed,
    spliced,
)
from tests.federation.signer import ISSUER, SUBJECT, signed

# Good tokens


def _pair(algorithm: str) -> tuple[Any, dict[str, Any]]:
    """A new private key for an algorithm, and the public one as a JWK."""
    curves: dict[str, ec.EllipticCurve] = {
        "ES256": ec.SECP256R1(),
        "ES384": ec.SECP384R1(),
        "ES512": ec.SECP521R1(),
    }
    if algorithm == "EdDSA":
        okp = ed25519.Ed25519PrivateKey.generate()
        return okp, algorithms.OKPAlgorithm.to_jwk(okp.public_key(), as_dict=True)
    if algorithm in curves:
        key = ec.generate_private_key(curves[algorithm])
        return key, algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = ATTACKER_RSA.public_key()
    return ATTACKER_RSA, algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)


def _published(jwk: dict[str, Any], **more: Any) -> VerifyingKey:
    text = json.dumps({"keys": [{**jwk, "kid": "key-1", "use": "sig", **more}]})
    return parse_key_set(text)["key-1"]


def _signed_by(key: Any, algorithm: str) -> Secret:
    header = {"alg": algorithm, "kid": "key-1"}
    return Secret(signed(header, SIGNER.claims(), algorithm, key))


@pytest.mark.parametrize("named", [True, False], ids=["alg in the JWK", "no alg"])
@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_a_good_token_of_every_algorithm_verifies(algorithm: str, named: bool) -> None:
    private, jwk = _pair(algorithm)
    key = _published(jwk, **({"alg": algorithm} if named else {}))
    claims = verified(_signed_by(private, algorithm), key)
    assert (claims["iss"], claims["sub"]) == (ISSUER, SUBJECT)


@pytest.mark.parametrize("said", sorted(ALGORITHMS))
@pytest.mark.parametrize("own", sorted(ALGORITHMS))
def test_s13_the_algorithm_is_that_of_the_key_and_no_other(own: str, said: str) -> None:
    private, jwk = _pair(own)
    header = {"alg": said, "kid": "key-1"}
    token = Secret(signed(header, SIGNER.claims(), own, private))
    key = _published(jwk, alg=own)
    if own == said:
        assert verified(token, key)["sub"] == SUBJECT
    else:
        with pytest.raises(Refused, match="does not verify what"):
            verified(token, key)


def test_all_that_the_issuer_said_is_in_the_claims() -> None:
    said = SIGNER.claims(groups=["a", {"b": [1, 2.5, None, True]}], name="Zoë 🚢")
    assert verified(SIGNER.token(**said)) == said


def test_what_is_peeked_at_is_what_the_token_says() -> None:
    token = SIGNER.token(exp=at(NOW) + 60, iat=at(NOW), nbf=None)
    peeked = peek(token, NOW)
    assert (peeked.issuer, peeked.kid, peeked.algorithm) == (ISSUER, "key-1", "RS256")
    assert peeked.expires_at == NOW + 60 * SECOND
    assert peeked.header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert peeked.token is token


def test_what_is_peeked_at_stays_what_it_is() -> None:
    peeked = peek(SIGNER.token(), datetime.now(UTC))
    with pytest.raises(dataclasses.FrozenInstanceError):
        peeked.issuer = "https://other.example"  # type: ignore[misc]


def test_a_token_may_say_a_lot() -> None:
    """More than 256 claims: an object says nothing twice, however long it is."""
    many: dict[str, Any] = {f"claim-{number}": number for number in range(300)}
    assert verified(SIGNER.token(**many)).items() >= many.items()


def test_what_is_peeked_at_prints_without_the_token() -> None:
    token = SIGNER.token()
    printed = repr(peek(token, datetime.now(UTC)))
    assert "token=***" in printed
    assert "header" not in printed
    assert not any(part in printed for part in token.reveal().split("."))


@pytest.mark.parametrize(
    "kind",
    [
        "JWT",
        "jwt",
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "application/JWT",
        MISSING,
    ],
    ids=str,
)
def test_s30_the_header_may_say_that_it_is_a_token_to_log_in_with(kind: str) -> None:
    assert verified(forgery.headed(typ=kind)(SIGNER))["sub"] == SUBJECT


def test_s30_the_header_need_not_say_what_kind_of_token_it_is() -> None:
    """As that of a Kubernetes service account does not."""
    assert verified(forgery.headed(typ=MISSING)(SIGNER))["sub"] == SUBJECT


@pytest.mark.parametrize("kind", ["Bearer", "ID", "JWT", "bearer"])
def test_s30_the_payload_may_say_that_it_is_a_token_to_log_in_with(kind: str) -> None:
    assert verified(forgery.claiming(typ=kind)(SIGNER))["typ"] == kind


@pytest.mark.parametrize(
    "header",
    [{"x5c": ["MIIB"]}, {"x5t": "abc"}, {"x5t#S256": "abc"}, {"nonce": "n"}],
    ids=str,
)
def test_header_parameters_that_change_nothing_are_passed_over(
    header: dict[str, Any],
) -> None:
    assert verified(forgery.headed(**header)(SIGNER))["sub"] == SUBJECT


@pytest.mark.parametrize("aud", ["a", ["a"], ["a", "b"], [], ""], ids=str)
def test_audiences_are_texts_and_matched_elsewhere(aud: Any) -> None:
    assert verified(SIGNER.token(aud=aud))["aud"] == aud


def test_a_token_may_be_for_nobody_in_particular() -> None:
    assert "aud" not in verified(SIGNER.token(aud=None))


def test_a_token_needs_no_jti() -> None:
    assert "jti" not in verified(SIGNER.token(jti=None))


# Sizes


def _of_length(length: int) -> Secret:
    """A good token of so many characters: JSON may have spaces behind it."""
    header, body = dumped(header_of(SIGNER)), dumped(SIGNER.claims())
    short = len(sealed(SIGNER, header, body).reveal())
    room = (length - short) * 3 // 4
    for more in range(3):
        for pad in range(room - 3, room + 3):
            token = sealed(SIGNER, header + b" " * more, body + b" " * pad)
            if len(token.reveal()) == length:
                return token
    raise AssertionError("no such length")


def test_a_token_has_at_most_sixteen_kibibytes() -> None:
    assert MAX_TOKEN_LENGTH == 16384
    assert verified(_of_length(MAX_TOKEN_LENGTH))["sub"] == SUBJECT
    assert refused(_of_length(MAX_TOKEN_LENGTH + 1)).check == "form"


def test_a_number_has_at_most_forty_digits() -> None:
    assert verified(spliced(f'"n": {"9" * 40}')(SIGNER))["n"] == 10**40 - 1
    assert refused(spliced(f'"n": {"9" * 41}')(SIGNER)).check == "form"
