"""What finding a trust costs, whatever is shown; and what the log says of it."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

import federation.exchange
from federation import admission, jwks
from federation.assertions import verify
from federation.entries import SubjectMatch
from federation.keys import VerifyingKey
from federation.models import Trust
from robots.credentials import Secret
from robots.models import Robot
from tests.federation.exchanges import ROBOT, Exchange, stored
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import body

NOT_MINE: dict[str, Any] = {"sub": "repo:acme/other"}


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of each signature that is checked."""
    checked: list[str] = []

    def counted(peeked: Any, key: Any, now: Any) -> Any:
        checked.append(key.fingerprint)
        return verify(peeked, key, now)

    monkeypatch.setattr(admission, "verify", counted)
    return checked


@pytest.mark.parametrize("forged", [False, True], ids=["genuine", "forged"])
def test_a_signature_is_checked_once_for_all_trusts_of_a_key(
    forged: bool, trusting: TrustBuilder, signer: Signer, exchange: Exchange,
    signatures: list[str],
) -> None:  # fmt: skip
    """Else a robot with many trusts would be a way to keep the site busy."""
    for number in range(10):
        trusting(subject=f"job-{number}")
    token = signer.token(**NOT_MINE)
    if forged:
        signed, _, signature = token.reveal().rpartition(".")
        token = Secret(f"{signed}.{signature[::-1]}")
    assert exchange.get(token).status_code == 401
    assert len(signatures) <= 1


def test_an_issuer_is_asked_once_for_all_trusts_that_bring_no_keys(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Else each of many trusts would wait for it anew."""
    asked: list[str] = []
    real = jwks.signing_key

    def counted(issuer: str, kid: str) -> VerifyingKey:
        asked.append(kid)
        return real(issuer, kid)

    monkeypatch.setattr(jwks, "signing_key", counted)
    signer.issuer = "https://nowhere.invalid"
    for number in range(10):
        trusting(issuer=signer.issuer, subject=f"job-{number}", keys="")
    assert exchange.get(signer.token()).status_code == 401
    assert asked == [signer.kid]


def test_keys_that_cannot_be_had_are_told_before_a_nearer_miss(
    trusting: TrustBuilder, signer: Signer
) -> None:
    """That may be over in a minute; what another trust asks for stays as it is."""
    signer.issuer = "https://nowhere.invalid"
    trusting(issuer=signer.issuer, keys=signer.jwks(), audiences=("nobody",))
    trusting(issuer=signer.issuer, keys="", subject="another")
    with pytest.raises(admission.NotAdmitted) as refused:
        admission.admit(ROBOT, signer.token(), timezone.now())
    assert refused.value.reason.startswith("no keys of the issuer")
    assert [miss.check for _, miss in refused.value.tried] == ["audience", "keys"]


@pytest.mark.parametrize("first", ["RS256", "PS256"])
def test_s13_a_key_that_is_listed_twice_verifies_what_each_list_allows(
    first: str, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """The more specific trust is tried first, and must not speak for the other one."""
    second = {"RS256": "PS256", "PS256": "RS256"}[first]
    for algorithm, fields in (
        (first, {"audiences": ("nobody",), "max_age": 600}),
        (second, {}),
    ):
        keys = json.dumps({"keys": [{**signer.jwk(), "alg": algorithm}]})
        trusting(subject=SUBJECT, keys=keys, **fields)
    response = exchange.get(signer.token())
    assert response.status_code == (200 if second == "RS256" else 401)


def test_each_key_is_asked_for_itself(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange, signatures: list[str]
) -> None:
    """Two clusters may have one name: the token is that of whose key signed it."""
    other = Signer(algorithm="ES256")
    trusting(keys=other.jwks())
    mine = trusting(
        subject="repo:acme/app:**", subject_match=SubjectMatch.GLOB, keys=signer.jwks()
    )
    assert exchange.get(signer.token()).status_code == 200
    assert len(set(signatures)) == len(signatures) == 2
    mine.refresh_from_db()
    assert mine.last_used_at is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda: Trust.objects.update(enabled=False),
        lambda: Trust.objects.update(revision=F("revision") + 1),
        lambda: Robot.objects.update(enabled=False),
        lambda: Trust.objects.all().delete(),
    ],
    ids=["switched off", "changed", "robot switched off", "removed"],
)
def test_a_trust_that_is_changed_while_a_token_is_looked_at_lets_nobody_in(
    change: Callable[[], object], trust: Trust, signer: Signer, exchange: Exchange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def slowly(*arguments: Any) -> admission.Admission:
        admitted = admission.admit(*arguments)
        change()
        return admitted

    monkeypatch.setattr(federation.exchange, "admit", slowly)
    assert exchange.get(signer.token()).status_code == 401
    assert stored() == (0, 0)


def test_the_log_says_which_robot_and_why(
    trust: Trust, signer: Signer, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "federation")
    exchange.post(signer.token(**NOT_MINE))
    assert f"robot={ROBOT}" in caplog.text
    assert "repo:acme/other" in caplog.text


def test_a_token_in_the_wrong_field_is_not_logged(
    trust: Trust, signer: Signer, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = signer.token().reveal()
    response = exchange.post(Secret(ROBOT), robot=token)
    assert body(response)["error"] == "invalid_request"
    assert token.split(".")[1] not in caplog.text
