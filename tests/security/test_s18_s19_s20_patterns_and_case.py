"""S-18, S-19, S-20: parts of names, patterns that are too broad, and case."""

from dataclasses import replace
from typing import Any

import pytest

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch, check_entries
from federation.errors import TrustInvalid
from federation.linter import Level, grade
from federation.models import Trust
from federation.patterns import matches
from robots.models import AuditEvent
from tests.api.conftest import ALL_SCOPES
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast
from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer

GITHUB = "https://token.actions.githubusercontent.com"
ROBOT = "/api/v1/organization/acme/robots/ci"
OWNER_ID = Condition("repository_owner_id", Operator.EQUALS, ("1",))


@pytest.fixture
def api(cast: Cast) -> LocalClient:
    """The API as alice, who owns acme."""
    return LocalClient(bearer(cast.alice, ALL_SCOPES))


@pytest.mark.parametrize("delimiter", ["/", ":", "@"])
@pytest.mark.parametrize(
    ("star", "crosses"), [("*", False), ("**", True)], ids=["one star", "two"]
)
def test_s18_a_wildcard_crosses_a_delimiter_only_if_it_is_asked_to(
    star: str, crosses: bool, delimiter: str
) -> None:
    assert matches(f"repo:acme{star}", "repo:acme-of-mallory")
    assert matches(f"a{star}b", f"a{delimiter}b") is crosses
    assert matches(f"a{star}b", f"ax{delimiter}yb") is crosses
    assert matches(f"{star}", delimiter) is crosses


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ("repo:acme@1/app@2:ref:refs/heads/main", 200),
        ("repo:renamed@1/app@2:ref:refs/heads/main", 200),
        ("repo:acme/app:ref:refs/heads/main", 401),
        ("repo:acme@12/app@2:ref:refs/heads/main", 401),
        ("repo:acme@1/app@23:ref:refs/heads/main", 401),
        ("repo:acme-1/app-2:ref:refs/heads/main", 401),
        ("repo:acme@9/x@1/app@2:ref:refs/heads/main", 401),
        ("repo:mallory@9/x:environment:a@1/app@2:ref:refs/heads/main", 401),
    ],
)
def test_s18_ids_in_a_subject_are_those_of_its_own_parts(
    subject: str,
    status: int,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    pattern = "repo:*@1/*@2:ref:refs/heads/main"
    trusting(subject=pattern, subject_match=SubjectMatch.GLOB)
    assert exchange.get(signer.token(sub=subject)).status_code == status
    assert minted() == (1 if status == 200 else 0)


@pytest.mark.parametrize("subject", ["repo:acme-1/app-2:x", "repo:acme/app:x"])
def test_s18_an_id_after_a_hyphen_is_a_name_to_the_linter(subject: str) -> None:
    found = grade(Entry(GITHUB, subject)).findings
    assert "names_without_ids" in {finding.code for finding in found}


BROAD = [
    ("*", "exact"),
    ("*", "glob"),
    ("**", "glob"),
    ("*/*", "glob"),
    ("*:*", "exact"),
    ("repo:org*", "exact"),
    ("repo:org*", "glob"),
    ("repo:org**", "glob"),
    ("repo:*", "glob"),
    ("repo:**", "glob"),
    ("repo:*/app:ref:refs/heads/main", "glob"),
    ("repo:acme/app*", "glob"),
]


@pytest.mark.parametrize(("subject", "how"), BROAD)
def test_s19_a_pattern_that_lets_in_strangers_is_not_stored(
    subject: str, how: str, api: LocalClient
) -> None:
    body = {"issuer": GITHUB, "subject": subject, "subject_match": how}
    for answer in (
        api.post(f"{ROBOT}/trusts", body),
        api.post(f"{ROBOT}/federation", [body]),
    ):
        assert answer.status == 400
        assert answer.json["detail"].startswith("subject: ")
    assert not Trust.objects.exists()
    assert not AuditEvent.objects.filter(kind__regex="federation|robot_trust").exists()


def test_s19_the_two_fields_of_quay_alone_are_held_to_it(api: LocalClient) -> None:
    for subject in ("*", "repo:org*"):
        body = [{"issuer": GITHUB, "subject": subject}]
        assert api.post(f"{ROBOT}/federation", body).status == 400
    assert not Trust.objects.exists()


def test_s19_a_trust_is_not_made_broad_by_a_change(
    trusting: TrustBuilder, api: LocalClient
) -> None:
    trust = trusting(issuer=GITHUB, subject="repo:acme/app:x", keys="")
    path = f"{ROBOT}/trusts/{trust.pk}"
    changes: list[dict[str, Any]] = [
        {"subject": "*"},
        {"subject": "repo:acme/app*", "subject_match": "glob"},
    ]
    for change in changes:
        assert api.patch(path, change).status == 400
    trust.refresh_from_db()
    assert (trust.subject, trust.subject_match) == ("repo:acme/app:x", "exact")


@pytest.mark.parametrize(
    ("subject", "match"),
    [
        ("repo:acme/app:pull_request", SubjectMatch.EXACT),
        ("repo:acme/app:**", SubjectMatch.GLOB),
        ("repo:acme/app:ref:refs/heads/main", SubjectMatch.EXACT),
        ("repo:acme/app:environment:prod", SubjectMatch.EXACT),
    ],
)
def test_s19_pull_requests_are_warned_of_until_events_are_named(
    subject: str, match: SubjectMatch
) -> None:
    push = Condition("event_name", Operator.EQUALS, ("push",))
    trust = Entry(GITHUB, subject, subject_match=match)
    pulls = [
        finding.level
        for conditions in ((), (push,))
        for finding in grade(replace(trust, conditions=conditions)).findings
        if finding.code.startswith("pull_request")
    ]
    assert pulls == [Level.WARNING]


UPPER, LOWER = "repo:Acme/App:environment:prod", "repo:acme/app:environment:PROD"


@pytest.mark.parametrize("match", SubjectMatch)
def test_s20_case_variants_of_a_name_make_no_two_rules(match: SubjectMatch) -> None:
    any_case = Entry(GITHUB, UPPER, subject_match=match, ignore_case=True)
    with pytest.raises(TrustInvalid, match="Duplicate"):
        check_entries([any_case, replace(any_case, subject=LOWER)])


def test_s20_case_variants_in_a_condition_make_no_two_rules() -> None:
    names = [Condition("r", Operator.EQUALS, (n,), True) for n in ("Acme", "aCME")]
    trusts = [Entry(GITHUB, UPPER, conditions=(name,)) for name in names]
    with pytest.raises(TrustInvalid, match="Duplicate"):
        check_entries(trusts)


def test_s20_case_variants_are_not_stored_twice(api: LocalClient) -> None:
    for subject, status in ((UPPER, 201), (LOWER, 400)):
        body = {"issuer": GITHUB, "subject": subject, "ignore_case": True}
        assert api.post(f"{ROBOT}/trusts", body).status == status
    assert [trust.subject for trust in Trust.objects.all()] == [UPPER]


def test_s20_where_case_counts_variants_are_two_rules() -> None:
    check_entries([Entry(GITHUB, UPPER), Entry(GITHUB, LOWER)])


@pytest.mark.parametrize(
    ("fields", "subject", "status"),
    [
        ({}, UPPER, 200),
        ({}, LOWER, 401),
        ({"ignore_case": True}, LOWER, 200),
        ({"ignore_case": True}, LOWER.replace("p", "\u03c1"), 401),
        ({"ignore_case": True}, LOWER + "2", 401),
    ],
    ids=["same", "other case", "any case", "look-alike", "longer"],
)
def test_s20_case_counts_by_the_rule_of_the_trust(
    fields: dict[str, Any],
    subject: str,
    status: int,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(subject=UPPER, **fields)
    assert exchange.get(signer.token(sub=subject)).status_code == status
    assert minted() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("kate", "\u212aate"), ("stra\u00dfe", "strasse"), ("sam", "\u017fam")],
    ids=["Kelvin sign", "sharp s", "long s"],
)
def test_s20_case_folding_makes_no_two_people_one(
    wanted: str,
    said: str,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(subject=wanted, ignore_case=True)
    assert exchange.get(signer.token(sub=said)).status_code == 401
    assert exchange.get(signer.token(sub=wanted.upper())).status_code == (
        401 if "\u00df" in wanted else 200
    )


@pytest.mark.parametrize(
    ("said", "status"), [("1", 200), ("2", 401), (1, 401), (None, 401)]
)
def test_s20_ids_decide_whatever_the_case_of_the_name(
    said: Any,
    status: int,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(subject=UPPER, ignore_case=True, conditions=(OWNER_ID,))
    token = signer.token(sub=LOWER, repository_owner_id=said)
    assert exchange.get(token).status_code == status
