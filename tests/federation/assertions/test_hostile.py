"""Hostile tokens: none verifies, and each refusal tells as much as it may."""

import traceback
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.assertions import NO_ISSUER
from federation.entries import Entry
from federation.errors import NO_MATCH, Code, Refused
from federation.keys import VerifyingKey
from federation.matching import match
from tests.federation import forgery
from tests.federation.assertions.verifying import (
    KEY,
    NOW,
    SECOND,
    SIGNER,
    at,
    refused,
    timed,
    verified,
)
from tests.federation.forgery import ATTACKER_RSA, MISSING
from tests.federation.hostile import HOSTILE, Hostile
from tests.federation.signer import ISSUER, SUBJECT

STRANGERS = VerifyingKey("key-1", frozenset({"RS256"}), ATTACKER_RSA.public_key())


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
