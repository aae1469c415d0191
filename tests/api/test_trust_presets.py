"""Trusts filled by presets over the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from federation.models import Trust
from federation.presets import PRESETS
from robots.models import AuditEvent
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast
from tests.federation.signer import Signer

pytestmark = pytest.mark.django_db

PRESETS_PATH = "/api/v1/federation/presets"
ROBOTS = "/api/v1/organization/acme/robots"
BY_PRESET = f"{ROBOTS}/ci/trusts/presets"
POD = {
    "namespace": "ci",
    "service_account": "builder",
    "issuer": "https://oidc.example.com/clusters/7",
}
REPOSITORY = {
    "owner": "acme",
    "owner_id": "1001",
    "repository": "app",
    "repository_id": "2002",
    "branch": "main",
}


def test_the_presets_are_listed_with_all_that_a_form_needs(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.PREFERRED_URL_SCHEME, settings.SERVER_HOSTNAME = "https", "q.example.com"
    presets = local_user(cast.charlie).get(PRESETS_PATH).json["presets"]
    assert [preset["slug"] for preset in presets] == list(PRESETS)
    kubernetes = next(it for it in presets if it["slug"] == "kubernetes")
    fields = {field["name"]: field for field in kubernetes["fields"]}
    assert fields["namespace"]["required"]
    assert fields["audience"]["default"] == ["https://q.example.com"]
    for preset in presets:
        assert preset["title"] and preset["help"]
        assert all(field["help"] for field in preset["fields"])


def test_the_presets_are_for_those_who_signed_in(local: LocalClient) -> None:
    assert local.get(PRESETS_PATH).status == 401


@pytest.mark.parametrize("base", [ROBOTS, "/api/v1/user/robots"])
def test_a_preset_makes_a_trust_for_this_site(
    base: str, cast: Cast, alice: LocalClient, settings: Settings
) -> None:
    settings.PREFERRED_URL_SCHEME, settings.SERVER_HOSTNAME = "https", "q.example.com"
    factories.robot(cast.alice.personal_namespace, "ci")
    made = alice.post(f"{base}/ci/trusts/presets/kubernetes", {"values": POD})
    stored = Trust.objects.get()
    assert made.status == 201
    assert [trust["id"] for trust in made.json["trusts"]] == [stored.pk]
    assert stored.subject == "system:serviceaccount:ci:builder"
    assert stored.audiences == ["https://q.example.com"]
    assert stored.created_by == "alice"
    listed = alice.get(f"{base}/ci/trusts").json["trusts"]
    assert listed == made.json["trusts"]


def test_a_preset_may_make_several_trusts_at_once(
    cast: Cast, alice: LocalClient
) -> None:
    made = alice.post(f"{BY_PRESET}/github", {"values": REPOSITORY})
    assert made.status == 201, made.text
    subjects = [trust["subject"] for trust in made.json["trusts"]]
    assert subjects == list(Trust.objects.values_list("subject", flat=True))
    assert len(subjects) == 2
    assert AuditEvent.objects.filter(kind="add_robot_trust").count() == 2


def test_all_of_a_preset_s_trusts_or_none(cast: Cast, alice: LocalClient) -> None:
    alice.post(f"{BY_PRESET}/github", {"values": REPOSITORY})
    Trust.objects.first().delete()  # type: ignore[union-attr]
    again = alice.post(f"{BY_PRESET}/github", {"values": REPOSITORY})
    assert again.status == 400
    assert "lets in the same" in again.json["detail"]
    assert Trust.objects.count() == 1


def test_a_dry_run_stores_nothing(cast: Cast, alice: LocalClient) -> None:
    body = {"values": REPOSITORY, "dry_run": True}
    answer = alice.post(f"{BY_PRESET}/github", body)
    assert answer.status == 200
    assert [trust["id"] for trust in answer.json["trusts"]] == [None, None]
    assert {trust["grade"]["level"] for trust in answer.json["trusts"]} == {"ok"}
    assert not Trust.objects.exists()
    assert not AuditEvent.objects.filter(kind="add_robot_trust").exists()


def test_the_cluster_s_keys_come_as_they_are(cast: Cast, alice: LocalClient) -> None:
    keys = json.loads(Signer().jwks())
    made = alice.post(f"{BY_PRESET}/kubernetes", {"values": {**POD, "keys": keys}})
    assert made.status == 201
    assert json.loads(Trust.objects.get().keys) == keys


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        ({}, "'values' is a required property"),
        ({"values": []}, "[] is not of type 'object'"),
        ({"values": POD, "value": {}}, "Additional properties are not allowed: value"),
        ({"values": POD, "dry_run": "yes"}, "'yes' is not of type 'boolean'"),
        ({"values": {}}, "namespace: needed"),
        ({"values": {**POD, "namespce": "x"}}, "namespce: not known"),
        ({"values": {**POD, "service_account": "*"}}, "service_account: "),
        ({"values": {**POD, "audience": {}}}, "audience: "),
        ({"values": {**POD, "keys": "{}"}}, "keys: "),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)
def test_what_a_preset_cannot_take_is_refused_by_its_name(
    body: Any, begins: str, cast: Cast, alice: LocalClient
) -> None:
    answer = alice.post(f"{BY_PRESET}/kubernetes", body)
    assert (answer.status, answer.json["error_type"]) == (400, "invalid_request")
    assert answer.json["detail"].startswith(begins)
    assert not Trust.objects.exists()


@pytest.mark.parametrize("slug", ["nosuch", "GitHub", "%00", "x" * 300])
def test_an_unknown_preset_is_404(slug: str, cast: Cast, alice: LocalClient) -> None:
    answer = alice.post(f"{BY_PRESET}/{slug}", {"values": POD})
    assert (answer.status, answer.json["error_type"]) == (404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_presets_over_http(cast: Cast, as_user: Callable[..., Client]) -> None:
    alice = as_user(cast.alice)
    assert alice.get(f"{PRESETS_PATH}/").status == 200
    made = alice.post(f"{BY_PRESET}/kubernetes/", {"values": POD})
    assert (made.status, len(made.json["trusts"])) == (201, 1)


def test_the_operator_s_policy_holds_for_presets(
    cast: Cast, alice: LocalClient, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://issuer.example"]
    answer = alice.post(f"{BY_PRESET}/kubernetes", {"values": POD})
    assert answer.status == 400
    assert answer.json["detail"].startswith("issuer: not one that this site allows")
