"""Matching as one table: a trust, what a token says, and what fails first."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.assertions import LEEWAY, VerifiedClaims
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.errors import NO_MATCH, Code, Refused
from federation.matching import (
    CHECKS,
    distance,
    match,
    most_specific_first,
    specificity,
)
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": SUBJECT,
    "aud": AUDIENCE,
    "iat": NOW.timestamp() - 10,
    "event_name": "push",
    "run_attempt": 1,
    "kubernetes.io": {"namespace": "ci"},
}
EXACT = Entry(ISSUER, SUBJECT)
GLOB = replace(
    EXACT, subject="repo:acme/*:ref:refs/**", subject_match=SubjectMatch.GLOB
)
FOR_US = replace(EXACT, audiences=(AUDIENCE, "quay"))
PUSH = Condition("event_name", Operator.ONE_OF, ("push", "release"))
POD = Condition("/kubernetes.io/namespace", Operator.EQUALS, ("ci",))
PUSHED = replace(EXACT, conditions=(POD, PUSH))
YOUNG = replace(EXACT, max_age=60)
ENDING = replace(EXACT, expires_at=NOW + timedelta(microseconds=1))
WHOLE = replace(
    FOR_US, conditions=(POD, PUSH), max_age=60, expires_at=ENDING.expires_at
)


def claims(**changes: Any) -> VerifiedClaims:
    """What a good token says, out of JSON; a change of ... leaves that claim out."""
    said = {k: v for k, v in (CLAIMS | changes).items() if v is not ...}
    return VerifiedClaims(json.loads(json.dumps(said)))


def refusal(entry: Entry, *, requires_audience: bool = False, **said: Any) -> Refused:
    with pytest.raises(Refused) as error:
        match(entry, claims(**said), NOW, requires_audience=requires_audience)
    return error.value


LIMIT = NOW.timestamp() - 60 - LEEWAY.total_seconds()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(EXACT, {}, id="exact subject"),
        pytest.param(EXACT, {"aud": ...}, id="no audience asked for, none said"),
        pytest.param(EXACT, {"aud": []}, id="no audience asked for, none listed"),
        pytest.param(EXACT, {"aud": ["a", "b"]}, id="no audience asked for, two said"),
        pytest.param(EXACT, {"iat": ...}, id="no age asked for, none said"),
        pytest.param(GLOB, {}, id="glob"),
        pytest.param(GLOB, {"sub": "repo:acme/x:ref:refs/a/b"}, id="glob, other thing"),
        pytest.param(
            replace(EXACT, subject=SUBJECT.upper(), ignore_case=True), {}, id="any case"
        ),
        pytest.param(
            replace(GLOB, subject="REPO:ACME/*:**", ignore_case=True),
            {},
            id="glob, any case",
        ),
        pytest.param(FOR_US, {}, id="audience"),
        pytest.param(FOR_US, {"aud": "quay"}, id="the other audience"),
        pytest.param(FOR_US, {"aud": ["quay"]}, id="audience listed"),
        pytest.param(FOR_US, {"aud": ["quay", AUDIENCE]}, id="both audiences"),
        pytest.param(FOR_US, {"aud": ["quay", "quay"]}, id="audience twice"),
        pytest.param(PUSHED, {}, id="conditions"),
        pytest.param(PUSHED, {"event_name": "release"}, id="the other value"),
        pytest.param(YOUNG, {}, id="young"),
        pytest.param(YOUNG, {"iat": int(LIMIT)}, id="old, but within leeway"),
        pytest.param(YOUNG, {"iat": NOW.timestamp() + 5}, id="a clock that is ahead"),
        pytest.param(ENDING, {}, id="not ended yet"),
        pytest.param(WHOLE, {}, id="all at once"),
    ],
)
def test_a_token_that_says_all_that_a_trust_asks_for_is_let_in(
    entry: Entry, said: dict[str, Any]
) -> None:
    match(entry, claims(**said), NOW, requires_audience=False)


@pytest.mark.parametrize(
    ("entry", "said", "check", "claim"),
    [
        pytest.param(EXACT, {"iss": f"{ISSUER}/"}, "issuer", "iss", id="slash"),
        pytest.param(EXACT, {"iss": ISSUER.upper()}, "issuer", "iss", id="issuer case"),
        pytest.param(EXACT, {"iss": [ISSUER]}, "issuer", "iss", id="issuers"),
        pytest.param(EXACT, {"iss": None}, "issuer", "iss", id="null issuer"),
        pytest.param(EXACT, {"iss": ...}, "issuer", "iss", id="no issuer"),
        pytest.param(EXACT, {"sub": SUBJECT + "2"}, "subject", "sub", id="longer"),
        pytest.param(EXACT, {"sub": SUBJECT[:-1]}, "subject", "sub", id="shorter"),
        pytest.param(EXACT, {"sub": SUBJECT.upper()}, "subject", "sub", id="case"),
        pytest.param(EXACT, {"sub": ""}, "subject", "sub", id="empty subject"),
        pytest.param(EXACT, {"sub": [SUBJECT]}, "subject", "sub", id="subjects"),
        pytest.param(EXACT, {"sub": 5}, "subject", "sub", id="number as subject"),
        pytest.param(EXACT, {"sub": ...}, "subject", "sub", id="no subject"),
        pytest.param(
            replace(EXACT, subject="repo:acme/*"), {}, "subject", "sub", id="literal *"
        ),
        pytest.param(
            GLOB, {"sub": "repo:evil/app:ref:refs/x"}, "subject", "sub", id="glob"
        ),
        pytest.param(
            GLOB, {"sub": "repo:acme/a/b:ref:refs/x"}, "subject", "sub", id="crossing"
        ),
        pytest.param(GLOB, {"sub": ["repo"]}, "subject", "sub", id="glob on a list"),
        pytest.param(GLOB, {"sub": ...}, "subject", "sub", id="glob on nothing"),
        pytest.param(FOR_US, {"aud": ...}, "audience", "aud", id="no audience"),
        pytest.param(FOR_US, {"aud": []}, "audience", "aud", id="empty list"),
        pytest.param(FOR_US, {"aud": ""}, "audience", "aud", id="empty audience"),
        pytest.param(FOR_US, {"aud": "other"}, "audience", "aud", id="other audience"),
        pytest.param(
            FOR_US, {"aud": ["quay", "other"]}, "audience", "aud", id="one too many"
        ),
        pytest.param(
            FOR_US, {"aud": AUDIENCE + "/"}, "audience", "aud", id="audience, slash"
        ),
        pytest.param(FOR_US, {"aud": ["quay", 1]}, "audience", "aud", id="mixed list"),
        pytest.param(EXACT, {"aud": None}, "audience", "aud", id="null audience"),
        pytest.param(EXACT, {"aud": 1}, "audience", "aud", id="number as audience"),
        pytest.param(EXACT, {"aud": {"a": 1}}, "audience", "aud", id="object"),
        pytest.param(EXACT, {"aud": [["a"]]}, "audience", "aud", id="nested list"),
        pytest.param(
            PUSHED, {"event_name": "fork"}, "condition", "event_name", id="event"
        ),
        pytest.param(
            PUSHED, {"event_name": ...}, "condition", "event_name", id="no event"
        ),
        pytest.param(
            PUSHED,
            {"kubernetes.io": {"namespace": "x"}, "event_name": "x"},
            "condition",
            "/kubernetes.io/namespace",
            id="the first condition that fails",
        ),
        pytest.param(YOUNG, {"iat": LIMIT - 1}, "age", "iat", id="old"),
        pytest.param(YOUNG, {"iat": ...}, "age", "iat", id="no age"),
        pytest.param(YOUNG, {"iat": str(LIMIT + 60)}, "age", "iat", id="age as text"),
        pytest.param(YOUNG, {"iat": True}, "age", "iat", id="age as boolean"),
        pytest.param(YOUNG, {"iat": float("nan")}, "age", "iat", id="age that is none"),
        pytest.param(YOUNG, {"iat": -(10**400)}, "age", "iat", id="age beyond floats"),
        pytest.param(replace(EXACT, enabled=False), {}, "enabled", "", id="disabled"),
        pytest.param(replace(EXACT, expires_at=NOW), {}, "ended", "", id="ended"),
        pytest.param(
            replace(EXACT, expires_at=NOW - timedelta(days=1)), {}, "ended", "",
            id="ended long ago",
        ),
    ],
)  # fmt: skip
def test_a_token_that_lacks_one_thing_is_refused_for_it(
    entry: Entry, said: dict[str, Any], check: str, claim: str
) -> None:
    refused = refusal(entry, **said)
    assert (refused.check, refused.claim) == (check, claim)


def test_where_audiences_are_required_a_trust_without_lets_nobody_in() -> None:
    for said in (AUDIENCE, [AUDIENCE], [], ...):
        refused = refusal(EXACT, requires_audience=True, aud=said)
        assert (refused.check, refused.claim) == ("audience", "aud")


def test_where_audiences_are_required_a_trust_that_names_one_is_matched() -> None:
    match(FOR_US, claims(), NOW, requires_audience=True)
    assert refusal(FOR_US, requires_audience=True, aud="x").check == "audience"


STEPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("issuer", {"iss": "x"}, {}),
    ("subject", {"sub": "x"}, {}),
    ("audience", {"aud": "x"}, {}),
    ("condition", {"event_name": "x"}, {}),
    ("age", {"iat": 0}, {}),
    ("enabled", {}, {"enabled": False}),
    ("ended", {}, {"expires_at": NOW}),
]
"""A check, and what makes it fail in the token or in the trust."""


@pytest.mark.parametrize("first", range(len(STEPS)), ids=CHECKS)
def test_of_all_that_is_wrong_the_first_in_order_is_told(first: int) -> None:
    said: dict[str, Any] = {}
    entry = WHOLE
    for _, wrong, changes in STEPS[first:]:
        said |= wrong
        entry = replace(entry, **changes)
    assert refusal(entry, **said).check == STEPS[first][0]


def test_the_nearest_miss_is_the_one_that_passed_most_checks() -> None:
    refusals = [Refused("", check=check) for check, _, _ in STEPS]
    assert [distance(refused) for refused in refusals] == list(range(len(CHECKS)))
    assert distance(Refused("", check="signature")) == -1


@pytest.mark.parametrize(
    ("entry", "said", "reason", "expected", "actual"),
    [
        pytest.param(
            PUSHED, {"event_name": "pull_request"},
            "claim event_name is 'pull_request', not one of 'push', 'release'",
            ["push", "release"], "pull_request", id="one of",
        ),
        pytest.param(
            EXACT, {"iss": "https://x.example"},
            f"claim iss is 'https://x.example', not '{ISSUER}'",
            ISSUER, "https://x.example", id="issuer",
        ),
        pytest.param(
            EXACT, {"sub": ...}, f"claim sub is missing, not '{SUBJECT}'",
            SUBJECT, None, id="missing",
        ),
        pytest.param(
            GLOB, {"sub": "x"}, f"claim sub is 'x', not like '{GLOB.subject}'",
            GLOB.subject, "x", id="glob",
        ),
        pytest.param(
            FOR_US, {"aud": ["x", "y"]},
            f"claim aud is ['x', 'y'], not one of '{AUDIENCE}', 'quay'",
            [AUDIENCE, "quay"], "['x', 'y']", id="audiences",
        ),
        pytest.param(
            EXACT, {"aud": 5},
            "claim aud is 5, neither a text nor a list of texts",
            "a text, or a list of texts", 5, id="no audience at all",
        ),
        pytest.param(
            replace(EXACT, conditions=(Condition("n", Operator.GLOB, ("a*", "b*")),)),
            {"n": None}, "claim n is None, not like 'a*', 'b*'",
            ["a*", "b*"], None, id="glob condition on null",
        ),
        pytest.param(
            replace(EXACT, conditions=(Condition("n", Operator.EQUALS, (1,)),)),
            {"n": "1"}, "claim n is '1', not 1", 1, "1", id="type",
        ),
        pytest.param(
            YOUNG, {"iat": 0}, "the token is older than 60 seconds",
            "at most 60 seconds ago", 0, id="age",
        ),
        pytest.param(
            replace(EXACT, enabled=False), {}, "the trust is disabled",
            None, None, id="disabled",
        ),
        pytest.param(
            replace(EXACT, expires_at=NOW), {}, "the trust has ended",
            "before 2026-11-02T12:00:00+00:00", "2026-11-02T12:00:00+00:00",
            id="ended",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_wanted_and_what_there_was(
    entry: Entry, said: dict[str, Any], reason: str, expected: Any, actual: Any
) -> None:
    refused = refusal(entry, **said)
    assert refused.reason == reason
    assert (refused.expected, refused.actual) == (expected, actual)


def test_a_trust_without_a_required_audience_says_so() -> None:
    refused = refusal(EXACT, requires_audience=True)
    assert refused.reason == "the trust names no audience"


def test_the_caller_is_told_the_same_whatever_failed() -> None:
    wrong: list[tuple[Entry, dict[str, Any]]] = [
        (replace(WHOLE, **changes), said) for _, said, changes in STEPS
    ]
    wrong.append((EXACT, {"aud": 5}))
    told = {(r.code, r.message) for r in (refusal(e, **said) for e, said in wrong)}
    assert told == {(Code.INVALID_GRANT, NO_MATCH)}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (10, [str(n) for n in range(10)]),
        (11, [*(str(n) for n in range(10)), "and 1 more"]),
        (100, [*(str(n) for n in range(10)), "and 90 more"]),
    ],
)
def test_ten_values_are_told_and_the_others_counted(
    values: int, shown: list[str]
) -> None:
    wanted = tuple(str(number) for number in range(values))
    condition = Condition("event_name", Operator.ONE_OF, wanted)
    refused = refusal(replace(EXACT, conditions=(condition,)))
    assert refused.expected == shown
    assert refused.reason.endswith(
        f"{shown[9]!r} {shown[10]}" if values > 10 else "'9'"
    )


@pytest.mark.parametrize("claim", ["sub", "aud", "event_name", "iat"])
def test_what_a_token_says_is_told_short_and_storable(claim: str) -> None:
    said: dict[str, Any] = {claim: "\x00\ud800" + "x" * 5000}
    refused = refusal(WHOLE, **said)
    assert refused.claim == claim
    assert refused.actual.startswith("??xxx")
    assert len(refused.actual) < 300
    assert len(refused.reason) < 1000


def test_long_claims_and_values_of_a_trust_are_told_short() -> None:
    long = Condition("c" * 2048, Operator.ONE_OF, tuple("v" * 2000 for _ in range(99)))
    refused = refusal(replace(EXACT, conditions=(long,)))
    assert len(refused.claim) < 300
    assert len(refused.reason) < 4000
    assert max(map(len, refused.expected)) < 300


CONDITIONS = (PUSH, POD)
RANKED = [
    replace(EXACT, max_age=60, audiences=("a",), conditions=CONDITIONS),
    replace(EXACT, audiences=("a",), conditions=CONDITIONS),
    replace(EXACT, max_age=60, conditions=CONDITIONS),
    replace(EXACT, conditions=CONDITIONS),
    replace(EXACT, max_age=60, audiences=("a",), conditions=(PUSH,)),
    EXACT,
    replace(EXACT, subject="x", conditions=CONDITIONS),
    replace(GLOB, subject="repo:acme/app:ref:refs/heads/*" + "x" * 99),
    replace(GLOB, subject="repo:acme/app:ref:**", conditions=(PUSH,)),
    replace(GLOB, subject="repo:acme/app:ref:**"),
    replace(GLOB, subject="repo:acme/*:*********************"),
]
"""From what says most about whom it lets in to what says least."""


def test_the_most_specific_trust_comes_first() -> None:
    backward = list(enumerate(reversed(RANKED)))
    ordered = most_specific_first(backward, lambda pair: pair[1])
    assert [entry for _, entry in ordered] == RANKED
    assert len({specificity(entry) for entry in RANKED}) == len(RANKED)


def test_trusts_that_say_as_much_keep_their_order() -> None:
    twins = [replace(EXACT, name=name) for name in "cab"]
    assert most_specific_first(iter(twins), lambda entry: entry) == twins


def test_the_number_of_audiences_makes_no_difference() -> None:
    one, two = (replace(EXACT, audiences=it) for it in (("a",), ("a", "b")))
    assert specificity(one) == specificity(two)
