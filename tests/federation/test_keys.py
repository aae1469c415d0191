"""JWK sets, honest and hostile: what cannot verify a token is left out."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from federation.keys import MAX_SET_BYTES, KeySetInvalid, parse_key_set
from tests.federation.signer import encoded

_RSA = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505


def jwk_rsa(key: rsa.RSAPrivateKey = _KEY) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k"}


def jwk_ec(curve: ec.EllipticCurve) -> dict[str, Any]:
    key = ec.generate_private_key(curve).public_key()
    return {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": "k"}


def jwk_okp(
    key: ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey,
) -> dict[str, Any]:
    return {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k"}


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


def key_set(*items: Any) -> str:
    return json.dumps({"keys": items}, separators=(",", ":"))


ED25519 = jwk_okp(ed25519.Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    ("item", "algorithms"),
    [
        (jwk_rsa(), _RSA),
        (jwk_rsa() | {"alg": "PS384"}, {"PS384"}),
        (jwk_rsa() | {"use": "sig", "key_ops": ["verify"]}, _RSA),
        (jwk_ec(ec.SECP256R1()), {"ES256"}),
        (jwk_ec(ec.SECP384R1()), {"ES384"}),
        (jwk_ec(ec.SECP521R1()) | {"alg": "ES512"}, {"ES512"}),
        (ED25519, {"EdDSA"}),
    ],
    ids=["RSA", "RSA, PS384", "RSA for signatures", "P-256", "P-384", "P-521", "Ed"],
)
def test_a_key_verifies_its_own_algorithms_alone(
    item: dict[str, Any], algorithms: set[str]
) -> None:
    (key,) = parse_key_set(key_set(item)).values()
    assert (key.kid, set(key.algorithms)) == ("k", algorithms)


_WRONG: dict[str, Any] = {
    "no object": "k",
    "null": None,
    "list": [jwk_rsa()],
    "no kid": {k: v for k, v in jwk_rsa().items() if k != "kid"},
    "empty kid": jwk_rsa() | {"kid": ""},
    "kid is a number": jwk_rsa() | {"kid": 1},
    "kid is a list": jwk_rsa() | {"kid": ["k"]},
    "short RSA": jwk_rsa(_SHORT),
    "oct": {"kty": "oct", "k": "c2VjcmV0", "kid": "k"},
    "oct named RSA": jwk_rsa() | {"k": "c2VjcmV0"},
    "private": {**RSAAlgorithm.to_jwk(_KEY, as_dict=True), "kid": "k"},
    "half private": jwk_rsa() | {"d": None},
    "for encryption": jwk_rsa() | {"use": "enc"},
    "use is null": jwk_rsa() | {"use": None},
    "use is a list": jwk_rsa() | {"use": ["sig"]},
    "to sign with": jwk_rsa() | {"key_ops": ["sign"]},
    "key_ops is a text": jwk_rsa() | {"key_ops": "verify"},
    "HS256": jwk_rsa() | {"alg": "HS256"},
    "none": jwk_rsa() | {"alg": "none"},
    "algorithm of another kind": jwk_rsa() | {"alg": "ES256"},
    "algorithm of another curve": jwk_ec(ec.SECP256R1()) | {"alg": "ES384"},
    "alg is a list": jwk_rsa() | {"alg": ["RS256"]},
    "alg is empty": jwk_rsa() | {"alg": ""},
    "unknown kind": jwk_rsa() | {"kty": "X"},
    "kind in lower case": jwk_rsa() | {"kty": "rsa"},
    "kind is a list": jwk_rsa() | {"kty": ["RSA"]},
    "no kind": {k: v for k, v in jwk_rsa().items() if k != "kty"},
    "RSA without n": {"kty": "RSA", "e": "AQAB", "kid": "k"},
    "n is a number": jwk_rsa() | {"n": 65537},
    "n is no base64": jwk_rsa() | {"n": "***"},
    "n is half a surrogate": jwk_rsa() | {"n": "\ud800"},
    "e is a list": jwk_rsa() | {"e": ["AQAB"]},
    "e is 1": jwk_rsa() | {"e": number(1)},
    "e is even": jwk_rsa() | {"e": number(65536)},
    "e is larger than n": jwk_rsa() | {"e": number(2**4000 + 1)},
    "e is long": jwk_rsa() | {"e": number(2**32 + 1)},
    "n is longer than any issuer's": jwk_rsa() | {"n": number(2**8192 + 1)},
    "a curve that few use": jwk_ec(ec.SECP256K1()),
    "unknown curve": jwk_ec(ec.SECP256R1()) | {"crv": "P-1"},
    "curve is a list": jwk_ec(ec.SECP256R1()) | {"crv": ["P-256"]},
    "curve of another size": jwk_ec(ec.SECP256R1()) | {"crv": "P-384"},
    "a point off the curve": jwk_ec(ec.SECP256R1()) | {"x": number(2**255)},
    "x is null": jwk_ec(ec.SECP256R1()) | {"x": None},
    "Ed448": jwk_okp(ed448.Ed448PrivateKey.generate()),
    "Ed25519 of another length": ED25519 | {"x": "AAAA"},
    "Ed25519 by the EC curve": ED25519 | {"crv": "P-256"},
}


@pytest.mark.parametrize(
    "changes", [{"e": number(2**32 - 1)}, {"n": number(2**8192 - 1)}], ids=["e", "n"]
)
def test_the_longest_keys_that_are_taken(changes: dict[str, str]) -> None:
    assert list(parse_key_set(key_set(jwk_rsa() | changes))) == ["k"]


@pytest.mark.parametrize("item", _WRONG.values(), ids=_WRONG)
def test_a_key_that_cannot_verify_is_left_out(item: Any) -> None:
    good = ED25519 | {"kid": "good"}
    assert list(parse_key_set(key_set(item, good))) == ["good"]
    with pytest.raises(KeySetInvalid, match="none of its keys"):
        parse_key_set(key_set(item))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"keys": {}}',
        '{"keys": null}',
        '{"keys": []}',
        "[" * 60_000,
        '{"keys":' + "9" * 6000 + "}",
        "\ufeff{}",
    ],
    ids=range(11),
)
def test_a_text_that_is_no_key_set_is_refused(text: str) -> None:
    with pytest.raises(KeySetInvalid):
        parse_key_set(text)


def test_of_two_keys_with_one_kid_the_first_counts() -> None:
    first, second = jwk_rsa(), jwk_ec(ec.SECP256R1())
    assert parse_key_set(key_set(first, second))["k"].algorithms == _RSA
    assert parse_key_set(key_set(second, first))["k"].algorithms == {"ES256"}


def test_a_set_is_limited_in_bytes_not_in_characters() -> None:
    room = MAX_SET_BYTES - len(key_set(ED25519 | {"pad": ""}))
    whole = key_set(ED25519 | {"pad": "x" * room})
    assert list(parse_key_set(whole)) == ["k"]
    with pytest.raises(KeySetInvalid, match=str(MAX_SET_BYTES)):
        parse_key_set(f"{whole} ")
    with pytest.raises(KeySetInvalid, match=str(MAX_SET_BYTES)):
        parse_key_set("\u00e9" * (MAX_SET_BYTES // 2 + 1))


def test_ten_thousand_keys_are_too_many() -> None:
    items = [ED25519 | {"kid": str(at)} for at in range(10_000)]
    with pytest.raises(KeySetInvalid, match=str(MAX_SET_BYTES)):
        parse_key_set(key_set(*items))


def test_the_key_does_not_show_in_what_is_logged() -> None:
    assert "RSAPublicKey" not in repr(parse_key_set(key_set(jwk_rsa()))["k"])
