"""What a token must be, before anybody asks whom it lets in."""

import dataclasses
import json
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import algorithms

from federation.assertions import (
    EXPIRED,
    LATEST,
    LEEWAY,
    MAX_TOKEN_LENGTH,
    NO_ISSUER,
    Peeked,
    VerifiedClaims,
    peek,
    verify,
)
from federation.entries import Entry
from federation.errors import NO_MATCH, Code, Refused
from federation.keys import ALGORITHMS, VerifyingKey, parse_key_set
from federation.matching import match
from robots.credentials import Secret
from tests.federation import forgery
from tests.federation.forgery import (
    ATTACKER_EC,
    ATTACKER_RSA,
    MISSING,
    dumped,
    header_of,
    sealed,
    spliced,
)
from tests.federation.hostile import HOSTILE, Hostile
from tests.federation.signer import ISSUER, SUBJECT, Signer, signed

SIGNER = Signer()
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def key_of(signer: Signer) -> VerifyingKey:
    return parse_key_set(signer.jwks())[signer.kid]


KEY = key_of(SIGNER)
SHORT_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - too short
ED25519 = ed25519.Ed25519PrivateKey.generate()
STRANGERS = VerifyingKey("key-1", frozenset({"RS256"}), ATTACKER_RSA.public_key())


def verified(
    token: Secret, key: VerifyingKey = KEY, now: datetime | None = None
) -> VerifiedClaims:
    now = now or datetime.now(UTC)
    return verify(peek(token, now), key, now)


def refused(token: Secret, now: datetime | None = None) -> Refused:
    """Why the token does not verify."""
    with pytest.raises(Refused) as caught:
        verified(token, now=now)
    return caught.value


def timed(**claims: Any) -> Secret:
    """Well signed, with exactly these times."""
    times = {"iat": MISSING, "nbf": MISSING, "exp": MISSING} | claims
    return forgery.claiming(**times)(SIGNER)


def at(moment: datetime) -> float:
    return moment.timestamp()


def by_stage(*stages: str) -> list[Any]:
    rows = [row for row in HOSTILE if row.stage in stages]
    return [pytest.param(row, id=str(row)) for row in rows]


# Hostile tokens


def test_each_hostile_token_has_a_name_of_its_own() -> None:
    assert len({str(row) for row in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("row", by_stage("assertion"))
def test_a_hostile_token_never_verifies(row: Hostile) -> None:
    why = refused(row.make(SIGNER))
    assert (why.check, why.claim) == (row.check, row.claim)


@pytest.mark.parametrize("row", by_stage("matching"))
def test_a_hostile_token_that_verifies_matches_no_trust(row: Hostile) -> None:
    key = STRANGERS if row.check == "issuer" else KEY
    claims = verified(row.make(SIGNER), key)
    entry = Entry(ISSUER, SUBJECT, row.audiences)
    with pytest.raises(Refused) as caught:
        match(entry, claims, datetime.now(UTC), requires_audience=False)
    assert (caught.value.check, caught.value.claim) == (row.check, row.claim)


@pytest.mark.parametrize("row", by_stage("assertion"))
def test_no_refusal_shows_the_token_or_what_made_us_refuse(row: Hostile) -> None:
    token = row.make(SIGNER)
    why = refused(token)
    lines = "".join(traceback.format_exception(why))
    told = f"{lines}{vars(why)}"
    parts = [part for part in token.reveal().split(".") if len(part) > 20]
    assert not [part for part in parts if part in told]
    assert why.__cause__ is None
    assert why.__suppress_context__ or why.__context__ is None


@pytest.mark.parametrize("row", by_stage("assertion"))
def test_only_what_the_caller_sent_decides_what_it_is_told(row: Hostile) -> None:
    why = refused(row.make(SIGNER))
    told = {
        "form": (Code.INVALID_REQUEST, ("Invalid token: ", NO_ISSUER)),
        "time": (Code.INVALID_GRANT, ("Invalid token: ",)),
        "signature": (Code.INVALID_GRANT, (NO_MATCH,)),
    }
    code, beginnings = told[why.check]
    assert why.code is code
    assert why.message.startswith(beginnings)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (forgery.claiming(iss=MISSING), "Token does not contain issuer"),
        (forgery.claiming(iss=""), "Token does not contain issuer"),
        (forgery.headed(kid=MISSING), "Invalid token: Missing `kid` header"),
        (forgery.headed(kid=""), "Invalid token: Missing `kid` header"),
        (
            forgery.claiming_at(iat=-600, exp=-60),
            "Invalid token: Signature has expired",
        ),
        (forgery.claiming_at(iat=90), "Invalid token: `iat` is in the future"),
        (forgery.claiming_at(nbf=90), "Invalid token: `nbf` is in the future"),
        (forgery.claiming(sub=5), "Invalid token: `sub` is not one text"),
        (forgery.claiming(iss=5), "Invalid token: `iss` is not one text"),
        (forgery.headed(kid=5), "Invalid token: `kid` is not one text"),
        (
            forgery.edited(lambda text: "AAAA"),
            "Invalid token: not three parts with dots between them",
        ),
    ],
)
def test_the_caller_is_told_what_is_wrong_with_the_token(
    make: forgery.Make, message: str
) -> None:
    assert refused(make(SIGNER)).message == message


def test_the_log_is_told_what_the_token_said() -> None:
    why = refused(forgery.headed(crit=["exp"])(SIGNER))
    assert why.reason.startswith("the token cannot be used: `crit` is")
    assert why.actual == "['exp']"
    late = refused(timed(iat=at(NOW), exp=at(NOW + SECOND)), NOW + 60 * SECOND)
    assert late.reason == "claim `exp` is in the past"
    assert late.actual == at(NOW + SECOND)
    other = refused(forgery.by_algorithm("PS256")(SIGNER))
    assert (other.expected, other.actual) == ("RS256", "PS256")


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


# Times


@pytest.mark.parametrize(
    ("exp", "lives"),
    [
        (NOW - LEEWAY, False),
        (NOW - LEEWAY - SECOND, False),
        (NOW - LEEWAY + SECOND, True),
        (NOW - LEEWAY + SECOND / 4, True),
        (NOW + SECOND, True),
    ],
)
def test_a_token_lives_until_a_leeway_after_its_end(exp: datetime, lives: bool) -> None:
    token = timed(iat=at(NOW - 3600 * SECOND), exp=at(exp))
    if lives:
        assert verified(token, now=NOW)["exp"] == at(exp)
    else:
        assert refused(token, NOW).message == EXPIRED


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(
    ("moment", "lives"),
    [
        (NOW + LEEWAY, True),
        (NOW + LEEWAY + SECOND, False),
        (NOW + LEEWAY + SECOND / 4, False),
        (NOW - SECOND, True),
    ],
)
def test_a_token_lives_from_a_leeway_before_its_begin(
    claim: str, moment: datetime, lives: bool
) -> None:
    times = {"iat": at(NOW), "exp": at(NOW + 600 * SECOND)} | {claim: at(moment)}
    if lives:
        assert verified(timed(**times), now=NOW)[claim] == at(moment)
    else:
        why = refused(timed(**times), NOW)
        assert (why.check, why.claim, why.actual) == ("time", claim, at(moment))


def test_a_leeway_is_half_a_minute() -> None:
    assert timedelta(seconds=30) == LEEWAY


def test_a_token_may_end_when_it_begins_but_not_before() -> None:
    assert verified(timed(iat=at(NOW), exp=at(NOW)), now=NOW)["exp"] == at(NOW)
    early = timed(iat=at(NOW), exp=at(NOW - SECOND))
    assert refused(early, NOW).check == "form"


def test_times_may_be_far_but_are_those_of_a_calendar() -> None:
    assert datetime(3000, 1, 1, tzinfo=UTC) == LATEST
    far = timed(iat=0, exp=at(LATEST) - 1)
    assert peek(far, NOW).expires_at == LATEST - SECOND
    assert refused(timed(iat=0, exp=at(LATEST)), NOW).check == "form"


def test_a_token_that_ends_between_two_looks_is_refused_at_the_second() -> None:
    token = timed(iat=at(NOW), exp=at(NOW + SECOND))
    peeked = peek(token, NOW)
    assert verify(peeked, KEY, NOW)["sub"] == SUBJECT
    with pytest.raises(Refused, match="in the past"):
        verify(peeked, KEY, NOW + LEEWAY + SECOND)


def test_an_expired_token_is_called_so_before_any_key_is_asked_for() -> None:
    token = forgery.by_attacker()(SIGNER)
    with pytest.raises(Refused) as caught:
        peek(token, datetime.now(UTC) + timedelta(hours=1))
    assert caught.value.message == EXPIRED


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
