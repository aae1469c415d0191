"""Trusts one by one: added, changed, tried and removed by API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from federation.linter import grade
from federation.models import Trust
from robots.conf import site_url
from robots.models import AuditEvent, RobotToken, TokenOrigin
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient
from tests.api.single_trusts import APP, ROBOTS, TRUSTS, USUAL, added, assert_missing
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import exchange
from tests.federation.signer import Signer
from tests.federation.written_trusts import token_of

__all__ = ["exchange"]

pytestmark = pytest.mark.django_db
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
        token_of(trust, minutes)
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
    token_of(Trust.objects.get(), 5)
    assert alice.patch(f"{TRUSTS}/{made['id']}", change).json["tokens"] == 0
    assert not RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).exists()


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
