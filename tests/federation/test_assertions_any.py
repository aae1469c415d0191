"""Any token at all: it verifies as what was signed, or it is refused, and no more."""

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from federation.assertions import peek, verify
from federation.errors import Refused
from federation.keys import parse_key_set
from robots.credentials import Secret
from tests.federation import forgery
from tests.federation.forgery import claims_of, dumped, header_of, sealed
from tests.federation.signer import Signer, encoded

SIGNER = Signer(algorithm="ES256")
KEY = parse_key_set(SIGNER.jwks())[SIGNER.kid]
ALPHABET = string.ascii_letters + string.digits + "-_"

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**15)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["JWT", "ES256", "none", "exp", "key-1", SIGNER.issuer, ""])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
headers = st.dictionaries(
    st.sampled_from(
        ["alg", "typ", "kid", "crit", "b64", "zip", "enc", "jwk", "x5c", "cty", "y"]
    ),
    values,
    max_size=3,
)
claims = st.dictionaries(
    st.sampled_from(
        ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "typ", "cnf", "events", "y"]
    ),
    values,
    max_size=3,
)


def outcome(token: Secret) -> Any:
    """The claims, or None where the token is refused; anything else is raised."""
    now = datetime.now(UTC)
    try:
        return verify(peek(token, now), KEY, now)
    except Refused as refused:
        str(refused)
        return None


@given(st.text())
@example("..")
@example("e30.e30.e30")
@example("\ud800.\ud800.\ud800")
def test_any_text_is_refused(text: str) -> None:
    assert outcome(Secret(text)) is None


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_refused(header: bytes, body: bytes, signature: bytes) -> None:
    assert outcome(Secret(".".join(map(encoded, (header, body, signature))))) is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_that_the_issuer_signed_are_refused(head: bytes, body: bytes) -> None:
    assert outcome(sealed(SIGNER, head, body)) is None


@settings(max_examples=300)
@given(headers, claims)
def test_whatever_an_issuer_signs_is_believed_as_it_is_or_refused(
    header: dict[str, Any], said: dict[str, Any]
) -> None:
    whole = claims_of(SIGNER, **said)
    token = sealed(SIGNER, dumped(header_of(SIGNER, **header)), dumped(whole))
    assert outcome(token) in (None, whole)


@settings(max_examples=300)
@given(claims)
def test_whatever_verifies_says_who_and_when(said: dict[str, Any]) -> None:
    verified = outcome(forgery.claiming(**said)(SIGNER))
    if verified is not None:
        assert verified["sub"]
        assert isinstance(verified["sub"], str)
        assert isinstance(verified["iss"], str)
        assert verified["iat"] <= verified["exp"]


def test_s31_one_changed_character_never_verifies() -> None:
    """At each place of a token that verifies, also when it was verified just before."""
    text = SIGNER.token().reveal()
    assert outcome(Secret(text)) is not None
    through = [
        (at, other)
        for at, old in enumerate(text)
        for other in (_next(old), _next(_next(old)), ".", "=")
        if other != old
        if outcome(Secret(text[:at] + other + text[at + 1 :])) is not None
    ]
    assert through == []


def test_s31_no_character_may_be_left_out_or_said_twice() -> None:
    text = SIGNER.token().reveal()
    through = [
        at
        for at in range(len(text))
        for changed in (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:])
        if outcome(Secret(changed)) is not None
    ]
    assert through == []


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_s31_the_last_character_has_one_spelling(algorithm: str) -> None:
    """Its spare bits mean nothing, so that many spellings would be one signature."""
    signer = Signer(algorithm=algorithm)
    key = parse_key_set(signer.jwks())[signer.kid]
    text, now = signer.token().reveal(), datetime.now(UTC)
    assert verify(peek(Secret(text), now), key, now)
    for other in set(ALPHABET) - {text[-1]}:
        with pytest.raises(Refused):
            verify(peek(Secret(text[:-1] + other), now), key, now)


def _next(character: str) -> str:
    """Another character of base64url."""
    return ALPHABET[(ALPHABET.find(character) + 1) % len(ALPHABET)]
