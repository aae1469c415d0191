"""Trusts that cannot be, or are not there."""

import json
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm
from pytest_django.fixtures import Settings

from federation.models import Trust
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.single_trusts import APP, ROBOTS, TRUSTS, added, assert_missing
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import exchange
from tests.federation.signer import SUBJECT, Signer

__all__ = ["exchange"]

pytestmark = pytest.mark.django_db


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
