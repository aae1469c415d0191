"""Trusts of a robot one by one: listed, added, shown, changed, removed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jwt.algorithms import ECAlgorithm
from pytest_django.fixtures import Settings

from federation.linter import grade
from federation.models import FederatedToken, Trust
from robots.conf import site_url
from robots.models import AuditEvent, RobotToken, TokenOrigin
from tests import factories
from tests.api.client import Answer, Client
from tests.api.local import LocalClient
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import exchange
from tests.federation.signer import SUBJECT, Signer

__all__ = ["exchange"]

pytestmark = pytest.mark.django_db

ROBOTS = "/api/v1/organization/acme/robots"
TRUSTS = f"{ROBOTS}/ci/trusts"
APP = {"issuer": "https://issuer.example", "subject": "repo:acme/app"}
USUAL = {
    "name": "",
    "subject_match": "exact",
    "ignore_case": False,
    "audiences": [],
    "conditions": [],
    "max_age": None,
    "single_use": False,
    "keys": "",
    "enabled": True,
    "expires_at": None,
}
FULL = {
    "issuer": "https://issuer.example",
    "subject": "repo:acme/*",
    "name": "builds",
    "subject_match": "glob",
    "ignore_case": True,
    "audiences": ["quay"],
    "conditions": [
        {
            "claim": "event",
            "operator": "one_of",
            "values": ["push", 1, False],
            "ignore_case": True,
        }
    ],
    "max_age": 300,
    "single_use": True,
    "keys": Signer().jwks(),
    "enabled": False,
    "expires_at": "2090-01-31T12:00:00Z",
}

LocalUser = Callable[..., LocalClient]


@pytest.fixture
def alice(cast: Cast, local_user: LocalUser) -> LocalClient:
    return local_user(cast.alice)


def added(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client.post(TRUSTS, {**APP, **changes})
    assert answer.status == 201, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def earned(trust: Trust, minutes: int) -> None:
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest=f"{trust.pk}-{minutes}",
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    FederatedToken.objects.create(token=token, trust=trust)


def assert_missing(answer: Answer) -> None:
    assert (answer.status, answer.json["error_type"]) == (404, "not_found")


@pytest.mark.parametrize("base", [ROBOTS, "/api/v1/user/robots"])
@pytest.mark.parametrize("said", [APP, FULL], ids=["plain", "full"])
def test_a_trust_is_added_shown_and_removed(
    base: str, said: dict[str, Any], cast: Cast, alice: LocalClient
) -> None:
    factories.robot(cast.alice.personal_namespace, "ci")
    made = alice.post(f"{base}/ci/trusts", said)
    stored = Trust.objects.get()
    assert (made.status, made.json["id"]) == (201, stored.pk)
    assert {name: made.json[name] for name in FULL} == {**USUAL, **said}
    assert made.json["created_by"] == stored.created_by == "alice"
    one = f"{base}/ci/trusts/{stored.pk}"
    assert alice.get(one).json == alice.get(f"{one}/").json == made.json
    assert alice.get(f"{base}/ci/trusts").json == {"trusts": [made.json]}
    gone = alice.delete(one)
    assert (gone.status, gone.text) == (204, "")
    assert not Trust.objects.exists()
    assert_missing(alice.get(one))
    assert_missing(alice.delete(one))


@pytest.mark.django_db(transaction=True)
def test_trusts_over_http(cast: Cast, as_user: Callable[..., Client]) -> None:
    alice = as_user(cast.alice)
    made = added(alice)
    one = f"{TRUSTS}/{made['id']}"
    assert alice.patch(one, {"name": "new"}).json["name"] == "new"
    assert alice.get(one).json == {**made, "name": "new"}
    assert alice.delete(one).status == 204
    assert alice.get(TRUSTS).json == {"trusts": []}


def test_a_trust_shows_what_became_of_it(cast: Cast, alice: LocalClient) -> None:
    made = added(alice)
    news = ("last_used", "last_refused", "last_refusal", "tokens")
    assert [made[name] for name in news] == [None, None, None, 0]
    trust = Trust.objects.get()
    for minutes in (-5, 5, 55):
        earned(trust, minutes)
    moment = timezone.now().replace(year=2030, month=5, day=6, hour=7, minute=8)
    why = {
        "check": "subject",
        "claim": "sub",
        "expected": "repo:acme/app",
        "actual": "repo:acme/web",
        "reason": "claim sub is 'repo:acme/web', not 'repo:acme/app'",
    }
    Trust.objects.update(
        last_used_at=moment, last_refused_at=moment, last_refusal={**why, "code": "x"}
    )
    shown = alice.get(f"{TRUSTS}/{made['id']}").json
    assert shown["tokens"] == 2, "those that live"
    assert shown["last_used"].startswith("Mon, 06 May 2030 07:08")
    assert shown["last_refusal"] == {**why, "at": shown["last_refused"]}
    assert shown["created"] == made["created"]


def test_a_trust_shows_what_the_linter_says(cast: Cast, alice: LocalClient) -> None:
    shown = added(alice)["grade"]
    assert shown == grade(Trust.objects.get().entry).facts()
    assert shown["level"] == "warning"
    assert "no_audience" in [finding["code"] for finding in shown["findings"]]


def test_a_dry_run_tells_what_would_be_and_stores_nothing(
    cast: Cast, alice: LocalClient
) -> None:
    answer = alice.post(TRUSTS, {**FULL, "dry_run": True})
    assert answer.status == 200
    assert {name: answer.json[name] for name in FULL} == FULL
    assert (answer.json["id"], answer.json["created"]) == (None, None)
    assert answer.json["grade"]["level"] == "warning"
    assert not Trust.objects.exists()
    assert not AuditEvent.objects.filter(kind="add_robot_trust").exists()
    added(alice, dry_run=False)
    again = alice.post(TRUSTS, {**APP, "dry_run": True})
    assert again.status == 400
    assert "lets in the same" in again.json["detail"]


def test_a_change_changes_what_it_names_and_nothing_else(
    cast: Cast, alice: LocalClient
) -> None:
    one = f"{TRUSTS}/{added(alice)['id']}"
    for name, value in FULL.items():
        before = alice.get(one).json
        after = alice.patch(one, {name: value})
        assert after.status == 200, after.text
        changed = {key for key in after.json if after.json[key] != before[key]}
        assert changed - {"grade"} == ({name} - {"issuer"})
    assert {name: after.json[name] for name in FULL} == FULL
    back = alice.patch(one, {**USUAL, **APP}).json
    assert {name: back[name] for name in FULL} == {**USUAL, **APP}


def test_an_empty_change_is_none(cast: Cast, alice: LocalClient) -> None:
    made = added(alice)
    answer = alice.patch(f"{TRUSTS}/{made['id']}", {})
    assert (answer.status, answer.json) == (200, made)
    assert not AuditEvent.objects.filter(kind="change_robot_trust").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": False},
        {"audiences": ["quay"]},
        {"subject": "repo:acme/web"},
        {"max_age": 60},
        {"single_use": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_shuts_out_whom_it_would_not_let_in(
    change: dict[str, Any], cast: Cast, alice: LocalClient
) -> None:
    made = added(alice)
    earned(Trust.objects.get(), 5)
    assert alice.patch(f"{TRUSTS}/{made['id']}", change).json["tokens"] == 0
    assert not RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).exists()


BAD: list[tuple[Any, str]] = [
    (b"null", "Missing JSON body"),
    ([APP], f"{[APP]!r} is not of type 'object'"),
    ({**APP, "issuer": 5}, "5 is not of type 'string'"),
    ({**APP, "issuer": ""}, "Missing one or more required fields (issuer, subject)"),
    ({**APP, "issuer": "ftp://x"}, "Issuer must be a URL (http:// or https://)"),
    ({**APP, "subject": "x" * 2049}, "subject: at most 2048 characters"),
    ({**APP, "audiences": [""]}, "audiences: none may be empty"),
    ({**APP, "conditions": [{}]}, "conditions: values must be a list of 1 to 100"),
    ({**APP, "max_age": "5"}, "'5' is not of type 'integer'"),
    ({**APP, "max_age": 86401}, "max_age: 1 to 86400 seconds"),
    ({**APP, "keys": "no"}, "keys: not JSON"),
    (
        {**APP, "expires_at": "soon"},
        "'soon' is not a date and time like 2030-01-31T12:00:00Z",
    ),
    ({**APP, "name": "a\x00"}, "body: NUL and lone surrogates cannot be stored"),
]


@pytest.mark.parametrize(("body", "text"), BAD, ids=[text[:30] for _, text in BAD])
def test_what_cannot_be_is_refused_and_changes_nothing(
    body: Any, text: str, cast: Cast, alice: LocalClient
) -> None:
    made = added(alice, subject="repo:acme/other")
    for answer in (
        alice.post(TRUSTS, body),
        alice.patch(f"{TRUSTS}/{made['id']}", body),
    ):
        assert (answer.status, answer.json["error_type"]) == (400, "invalid_request")
        assert answer.json["detail"] == text
    assert alice.get(TRUSTS).json == {"trusts": [made]}


def test_a_new_trust_needs_both_fields_and_a_life(
    cast: Cast, alice: LocalClient
) -> None:
    for body, text in (
        ({}, "'issuer' is a required property"),
        ({"issuer": APP["issuer"]}, "'subject' is a required property"),
        (
            {**APP, "expires_at": "2020-01-01T00:00:00Z"},
            "expires_at: must be in the future",
        ),
        ({**APP, "subject": "*"}, None),
    ):
        answer = alice.post(TRUSTS, body)
        assert answer.status == 400
        assert text is None or answer.json["detail"] == text
    assert not Trust.objects.exists()


def test_a_trust_that_lets_in_the_same_is_refused(
    cast: Cast, alice: LocalClient
) -> None:
    first, second = added(alice), added(alice, subject="repo:acme/web")
    text = f"Trust {first['id']} of this robot lets in the same"
    for answer in (
        alice.post(TRUSTS, {**APP, "audiences": ["x"]}),
        alice.patch(f"{TRUSTS}/{second['id']}", APP),
    ):
        assert (answer.status, answer.json["detail"]) == (400, text)
    assert Trust.objects.count() == 2


@pytest.mark.parametrize(
    "key", ["0", "-1", "abc", "9" * 18, "9" * 30, "%C2%B2", "1.0", "%00"]
)
def test_what_is_no_trust_of_the_robot_is_404(
    key: str, cast: Cast, alice: LocalClient
) -> None:
    added(alice)
    for answer in (
        alice.get(f"{TRUSTS}/{key}"),
        alice.patch(f"{TRUSTS}/{key}", {"enabled": False}),
        alice.delete(f"{TRUSTS}/{key}"),
    ):
        assert_missing(answer)
    assert Trust.objects.get().enabled


def test_s02_a_trust_of_another_robot_is_404(cast: Cast, alice: LocalClient) -> None:
    other = factories.organization("other", owner=cast.charlie)
    factories.robot(other, "ci")
    made = added(alice)
    foreign = Trust.objects.create(robot=other.robots.get(), **APP)
    for path in (
        f"{TRUSTS}/{foreign.pk}",
        f"{ROBOTS}/reader/trusts/{made['id']}",
    ):
        assert_missing(alice.get(path))
        assert_missing(alice.patch(path, {"enabled": False}))
        assert_missing(alice.delete(path))
    assert Trust.objects.filter(enabled=True).count() == 2


def test_an_unknown_robot_is_told_as_elsewhere(cast: Cast, alice: LocalClient) -> None:
    path = f"{ROBOTS}/nosuch/trusts"
    for answer in (alice.get(path), alice.post(path, APP), alice.get(f"{path}/1")):
        text = '{"message":"Could not find robot with specified username"}'
        assert (answer.status, answer.text) == (400, text)


def test_an_auditor_of_the_site_reads_and_changes_nothing(
    cast: Cast, alice: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    one = f"{TRUSTS}/{added(alice)['id']}"
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    auditor = local_user(cast.charlie)
    assert (auditor.get(TRUSTS).status, auditor.get(one).status) == (200, 200)
    statuses = [
        auditor.post(TRUSTS, APP).status,
        auditor.patch(one, {"enabled": False}).status,
        auditor.delete(one).status,
    ]
    assert statuses == [403, 403, 403]
    assert Trust.objects.get().enabled


def test_changes_are_audited_with_who_and_how(cast: Cast, alice: LocalClient) -> None:
    one = f"{TRUSTS}/{added(alice)['id']}"
    alice.patch(one, {"enabled": False})
    alice.patch(one, {"enabled": True})
    alice.patch(one, {"max_age": 60})
    alice.delete(one)
    events = AuditEvent.objects.filter(kind__endswith="robot_trust").order_by("id")
    assert [event.kind for event in events] == [
        "add_robot_trust",
        "disable_robot_trust",
        "enable_robot_trust",
        "change_robot_trust",
        "remove_robot_trust",
    ]
    for event in events:
        assert (event.performer_name, event.namespace_name) == ("alice", "acme")
        assert event.facts["oauth_token_application"] == "tests"
    assert events[3].facts["changes"] == {"max_age": {"before": None, "after": 60}}


def many(cast: Cast, count: int) -> None:
    for number in range(count):
        trust = Trust(
            robot=cast.ci,
            position=number,
            name=f"number {number:03}",
            issuer=f"https://{number % 2}.example",
            subject=f"repo:acme/{number}",
        )
        trust.save()
        earned(trust, 5)


def test_pages_walk_through_every_trust_once(cast: Cast, alice: LocalClient) -> None:
    many(cast, 7)
    seen: list[str] = []
    token, pages = "", 0
    while pages == 0 or token:
        more = f"&next_page={token}" if token else ""
        page = alice.get(f"{TRUSTS}?limit=3{more}").json
        seen += [trust["name"] for trust in page["trusts"]]
        token, pages = page.get("next_page", ""), pages + 1
    assert (seen, pages) == ([f"number {number:03}" for number in range(7)], 3)
    assert alice.get(f"{TRUSTS}?limit=0").status == 400
    assert alice.get(f"{TRUSTS}?next_page=forged").status == 400


@pytest.mark.parametrize(
    ("wanted", "count"),
    [("NUMBER 002", 1), ("//1.example", 3), ("acme/6", 1), ("nothing", 0)],
)
def test_a_search_looks_at_name_issuer_and_subject(
    wanted: str, count: int, cast: Cast, alice: LocalClient
) -> None:
    many(cast, 7)
    query = wanted.replace(" ", "%20")
    assert len(alice.get(f"{TRUSTS}?q={query}").json["trusts"]) == count


def test_a_long_list_costs_as_many_queries_as_a_short_one(
    cast: Cast, alice: LocalClient
) -> None:
    many(cast, 1)
    cost(alice, 1)
    short = cost(alice, 1)
    Trust.objects.all().delete()
    RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).delete()
    many(cast, 50)
    assert cost(alice, 50) == short <= 4


def cost(client: LocalClient, expected: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(TRUSTS)
    assert len(answer.json["trusts"]) == expected
    assert all(trust["tokens"] == 1 for trust in answer.json["trusts"])
    return len(queries)


def test_trusts_of_the_two_ways_are_the_same(cast: Cast, alice: LocalClient) -> None:
    alice.post(f"{ROBOTS}/ci/federation", [APP])
    [trust] = alice.get(TRUSTS).json["trusts"]
    assert trust["created_by"] == "alice"
    alice.patch(f"{TRUSTS}/{trust['id']}", {"max_age": 60})
    assert alice.get(f"{ROBOTS}/ci/federation").json == [{**APP, "max_age": 60}]


def test_two_clusters_of_one_name_have_a_trust_each(
    cast: Cast, alice: LocalClient, exchange: Exchange
) -> None:
    """And the token of each one is held to the keys of its own."""
    name = "https://kubernetes.default.svc.cluster.local"
    one, two, third = Signer(name), Signer(name), Signer(name, "ES256")
    two.rotate()
    pod = {"namespace": "shop", "service_account": "web"}
    for signer in (one, two):
        body = {"values": {**pod, "keys": signer.jwks()}}
        assert alice.post(f"{TRUSTS}/presets/kubernetes", body).status == 201
    again = alice.post(f"{TRUSTS}/presets/kubernetes", body)
    assert (again.status, "lets in the same" in again.text) == (400, True)
    said: dict[str, Any] = {"sub": "system:serviceaccount:shop:web", "aud": site_url()}
    statuses = [
        exchange.get(signer.token(**said)).status_code for signer in (one, two, third)
    ]
    assert statuses == [200, 200, 401]


def test_a_private_key_is_neither_kept_nor_shown(
    cast: Cast, alice: LocalClient
) -> None:
    made, signer = added(alice), Signer(algorithm="ES256")
    private = ECAlgorithm.to_jwk(signer.key, as_dict=True)
    keys = {"keys": [Signer().jwk(), {**private, "kid": "mine"}]}
    for body in (keys, json.dumps(keys)):
        for answer in (
            alice.post(TRUSTS, {**APP, "subject": "other", "keys": body}),
            alice.patch(f"{TRUSTS}/{made['id']}", {"keys": body}),
            alice.post(f"{ROBOTS}/ci/federation", [{**APP, "keys": body}]),
        ):
            assert answer.status == 400
            assert answer.json["detail"] == (
                "keys: holds a private key; give the public ones"
            )
            assert private["d"] not in answer.text
    assert alice.get(TRUSTS).json == {"trusts": [made]}


def test_keys_of_the_issuer_before_let_in_nobody_of_another_one(
    cast: Cast, alice: LocalClient, exchange: Exchange
) -> None:
    old = Signer("https://old.example")
    made = added(alice, issuer=old.issuer, subject=SUBJECT, keys=old.jwks())
    one, new = f"{TRUSTS}/{made['id']}", {"issuer": "https://new.example"}
    refused = alice.patch(one, new)
    assert refused.status == 400
    assert refused.json["detail"] == (
        "keys: are those of the issuer before; send keys as well"
    )
    assert alice.get(one).json == made
    changed = alice.patch(one, {**new, "keys": Signer(algorithm="ES256").jwks()})
    assert (changed.status, changed.json["issuer"]) == (200, new["issuer"])
    old.issuer = new["issuer"]
    assert exchange.get(old.token()).status_code == 401
