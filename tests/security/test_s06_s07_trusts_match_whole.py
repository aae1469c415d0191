"""S-06, S-07: no token is let in by half of one trust and half of another."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from federation.assertions import VerifiedClaims
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.errors import Refused
from federation.matching import match
from federation.models import FederatedToken
from tests.federation.exchanges import NO_MATCH, Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT, Signer

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HALVES: dict[str, tuple[Any, Any]] = {
    "iss": ("https://one.example", "https://two.example"),
    "sub": ("repo:acme/one", "repo:acme/two"),
    "aud": ("one", "two"),
    "event_name": ("push", "release"),
    "run_attempt": (1, 2),
}
"""What the first of two trusts asks for, and what the second one does."""


def entry(side: int) -> Entry:
    said = {claim: values[side] for claim, values in HALVES.items()}
    return Entry(
        said["iss"],
        said["sub"],
        audiences=(said["aud"],),
        conditions=tuple(
            Condition(claim, Operator.EQUALS, (said[claim],))
            for claim in ("event_name", "run_attempt")
        ),
    )


def is_let_in(entry: Entry, claims: dict[str, Any]) -> bool:
    try:
        match(entry, VerifiedClaims(claims), NOW, requires_audience=True)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("sides", [*product((0, 1), repeat=len(HALVES))], ids=str)
def test_s07_of_all_crossings_of_two_trusts_only_each_whole_one_passes(
    sides: tuple[int, ...],
) -> None:
    claims = {
        claim: values[side]
        for (claim, values), side in zip(HALVES.items(), sides, strict=True)
    }
    let_in = [is_let_in(entry(side), claims) for side in (0, 1)]
    assert let_in == [set(sides) == {0}, set(sides) == {1}]


MAIN, OTHER = SUBJECT, "repo:acme/app:environment:staging"
PUSH, RELEASE = (Condition("event", Operator.EQUALS, (it,)) for it in ("push", "tag"))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"sub": MAIN, "aud": "main", "event": "push"}, 200),
        ({"sub": OTHER, "aud": "other", "event": "tag"}, 200),
        ({"sub": MAIN, "aud": "other", "event": "push"}, 401),
        ({"sub": OTHER, "aud": "main", "event": "tag"}, 401),
        ({"sub": MAIN, "aud": "main", "event": "tag"}, 401),
        ({"sub": OTHER, "aud": "other", "event": "push"}, 401),
        ({"sub": MAIN, "aud": ["main", "other"], "event": "push"}, 401),
    ],
)
def test_s07_crossed_values_of_two_stored_trusts_get_no_token(
    said: dict[str, Any],
    status: int,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(subject=MAIN, audiences=("main",), conditions=(PUSH,))
    trusting(subject=OTHER, audiences=("other",), conditions=(RELEASE,))
    answer = exchange.get(signer.token(**said))
    assert answer.status_code == status
    assert minted() == (1 if status == 200 else 0)


def test_s07_the_keys_of_one_trust_sign_for_no_other(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """Two issuers with a key each: one may not speak for the other."""
    mallory = Signer("https://mallory.example", algorithm="ES256")
    trusting(subject=MAIN)
    trusting(subject=OTHER, issuer=mallory.issuer, keys=mallory.jwks())
    forged = mallory.token(iss=signer.issuer, sub=MAIN)
    answer = exchange.get(forged)
    assert (answer.status_code, answer.json()) == (401, NO_MATCH)
    assert exchange.get(mallory.token(sub=MAIN)).status_code == 401
    assert minted() == 0


def test_s07_the_token_belongs_to_the_trust_that_let_it_in(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(subject=OTHER)
    trusting(subject="repo:acme/app:**", subject_match=SubjectMatch.GLOB)
    wanted = trusting(subject=MAIN)
    assert exchange.get(signer.token()).status_code == 200
    assert [token.trust for token in FederatedToken.objects.all()] == [wanted]


@pytest.mark.parametrize("strict", [False, True], ids=["as it comes", "strict"])
def test_s06_a_trust_that_names_an_audience_takes_tokens_for_no_other(
    strict: bool,
    settings: Settings,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    settings.FEDERATION_REQUIRE_AUDIENCE = strict
    trusting(audiences=(AUDIENCE,))
    for said in ("https://other.example", f"{AUDIENCE}/", AUDIENCE[:-1], None):
        assert exchange.get(signer.token(aud=said)).status_code == 401
    assert exchange.get(signer.token()).status_code == 200
    assert minted() == 1


@pytest.mark.parametrize("required", [False, True])
def test_s06_a_trust_without_an_audience_is_for_any_unless_one_is_required(
    required: bool,
) -> None:
    plain = Entry(ISSUER, SUBJECT)
    claims = VerifiedClaims({"iss": ISSUER, "sub": SUBJECT, "aud": "whoever"})
    if required:
        with pytest.raises(Refused):
            match(plain, claims, NOW, requires_audience=required)
    else:
        match(plain, claims, NOW, requires_audience=required)
    match(
        replace(plain, audiences=("whoever",)), claims, NOW, requires_audience=required
    )
