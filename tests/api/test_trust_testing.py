"""`POST .../federation/test`: what would become of a token, and nothing of it kept."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from federation.lifecycle import add_trust
from federation.models import Trust, UsedAssertion
from robots.models import AuditEvent, RobotToken
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast
from tests.federation.fixtures import TrustBuilder, signer, trust, trusting
from tests.federation.signer import SUBJECT, Signer

__all__ = ["signer", "trust", "trusting"]

pytestmark = pytest.mark.django_db

PATH = "/api/v1/organization/acme/robots/ci/federation/test"
WRONG = "The body must be a JSON object with one key, token, which is a text"


def rows() -> list[Any]:
    models = (Trust, UsedAssertion, RobotToken, AuditEvent)
    return [list(model._default_manager.values()) for model in models]


def test_a_token_that_matches_is_told_what_it_opens(
    alice: LocalClient, trust: Trust, signer: Signer
) -> None:
    answer = alice.post(PATH, {"token": signer.token().reveal()})
    assert answer.status == 200
    assert answer.json == {
        "admitted": True,
        "verified": True,
        "reason": None,
        "robot": {"name": "acme+ci", "may_log_in": True, "reasons": []},
        "trusts": [
            {
                "id": trust.pk,
                "name": "",
                "issuer": signer.issuer,
                "subject": SUBJECT,
                "verdict": "match",
                "check": "",
                "claim": "",
                "expected": None,
                "actual": None,
                "reason": "",
            }
        ],
        "matched": trust.pk,
        "nearest": None,
        "already_used": False,
        "used_up": False,
        "grants": [
            {"repository": "acme/public", "role": "read"},
            {"repository": "acme/web", "role": "write"},
        ],
        "grants_count": 2,
    }


def test_a_near_miss_names_the_claim_and_what_it_was(
    alice: LocalClient, trusting: TrustBuilder, signer: Signer
) -> None:
    trust = trusting(audiences=("https://quay.example",))
    token = signer.token(aud="https://quay.example.evil.example").reveal()
    told = alice.post(PATH, {"token": token}).json
    [verdict] = told["trusts"]
    assert (verdict["check"], verdict["claim"]) == ("audience", "aud")
    assert (verdict["expected"], verdict["actual"]) == (
        "https://quay.example",
        "https://quay.example.evil.example",
    )
    assert (told["matched"], told["nearest"], told["grants"]) == (None, trust.pk, [])


def test_nothing_is_stored_minted_used_up_or_echoed(
    alice: LocalClient,
    trusting: TrustBuilder,
    signer: Signer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trusting(single_use=True)
    trusting(subject="other")
    caplog.set_level(logging.DEBUG)
    for token in (signer.token(), signer.token(sub="x"), signer.token(exp=1)):
        before = rows()
        answers = [alice.post(PATH, {"token": token.reveal()}) for _ in range(2)]
        assert rows() == before
        assert answers[0].json == answers[1].json
        signature = token.reveal().rpartition(".")[2]
        shown = answers[0].text + str(answers[0].headers) + caplog.text
        assert signature not in shown


CANARY = "eyJhbGciOiJSUzI1NiJ9.canary.canary"


@pytest.mark.parametrize(
    "body",
    [
        CANARY,
        [CANARY],
        {"token": [CANARY]},
        {"token": {"a": CANARY}},
        {"token": None},
        {"token": 5},
        {},
        {"tokens": CANARY},
        {"token": CANARY, "robot": "acme+ci"},
        {CANARY: "token"},
    ],
    ids=[
        "text", "list", "listed", "object", "null", "number", "empty", "misspelt",
        "more", "turned round",
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused_without_a_word_of_it(
    body: Any, alice: LocalClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = alice.post(PATH, body)
    assert (answer.status, answer.json["detail"]) == (400, WRONG)
    assert "canary" not in answer.text + caplog.text


def test_no_body_and_no_json_are_refused(alice: LocalClient) -> None:
    assert alice.post(PATH).status == 415
    assert alice.post(PATH, b"null").json["detail"] == "Missing JSON body"
    broken = alice.post(PATH, CANARY.encode(), Content_Type="application/json")
    assert (broken.status, "canary" in broken.text) == (400, False)
    assert alice.get(PATH).status == 405


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "." * 20_000, "ä\n☃", "eyJ9.e30.x", "e30.e30."],
    ids=["empty", "word", "parts", "dots", "letters", "base64", "no algorithm"],
)
def test_what_is_no_token_is_told_so(
    token: str, alice: LocalClient, trust: Trust
) -> None:
    answer = alice.post(PATH, {"token": token})
    assert answer.status == 200
    told = answer.json
    assert (told["admitted"], told["verified"], told["matched"]) == (False, False, None)
    assert told["reason"] == told["trusts"][0]["reason"]


def test_only_administrators_may_test(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Any
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    for client in (local, local_user(cast.bob), local_user(cast.charlie)):
        assert client.post(PATH, {"token": "x"}).status == 403
    narrow = local_user(cast.alice, "user:admin repo:admin")
    assert narrow.post(PATH, {"token": "x"}).status == 403
    assert local_user(cast.alice, "org:admin").post(PATH, {"token": "x"}).status == 200


def test_one_s_own_robot_is_tested_as_well(cast: Cast, alice: LocalClient) -> None:
    robot, _ = factories.robot(cast.alice.personal_namespace, "ci")
    signer = Signer()
    entry_trust = Trust(
        robot=robot, issuer=signer.issuer, subject=SUBJECT, keys=signer.jwks()
    )
    entry_trust.save()
    token = signer.token().reveal()
    told = alice.post("/api/v1/user/robots/ci/federation/test", {"token": token}).json
    assert (told["matched"], told["robot"]["name"]) == (entry_trust.pk, "alice+ci")


@pytest.mark.django_db(transaction=True)
def test_over_http(
    cast: Cast, as_user: Callable[..., Client], trust: Trust, signer: Signer
) -> None:
    answer = as_user(cast.alice).post(PATH, {"token": signer.token().reveal()})
    assert (answer.status, answer.json["matched"]) == (200, trust.pk)


def test_it_costs_the_same_however_many_trusts_and_grants_there_are(
    cast: Cast, alice: LocalClient, trust: Trust, signer: Signer
) -> None:
    alice.post(PATH, {"token": signer.token().reveal()})
    few = cost(alice, signer)
    for number in range(50):
        entry = trust.entry
        add_trust(
            cast.ci,
            type(entry)(entry.issuer, f"s{number}", keys=entry.keys),
            factories.BY,
        )
        factories.repository(cast.acme, f"more{number}")
    assert cost(alice, signer) == few


def cost(client: LocalClient, signer: Signer) -> int:
    token = signer.token().reveal()
    with CaptureQueriesContext(connection) as queries:
        assert client.post(PATH, {"token": token}).json["admitted"]
    return len(queries)
