"""Test a token on the admin site: what each trust says, and that no token stays."""

import logging

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from federation.conditions import Condition, Operator
from federation.models import UsedAssertion
from robots.models import AuditEvent, RobotToken
from tests.conftest import Cast
from tests.federation.admin_trusts import errors_of, home, text_of
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer

pytestmark = pytest.mark.django_db


def test_a_token_that_matches_tells_by_what_and_to_where(
    alice: Client, cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(name="main builds")
    trusting(name="others", subject="somebody else")
    before = RobotToken.objects.count()
    token = signer.token().reveal()
    text = text_of(alice.post(home(cast.ci, "test"), {"token": f" {token}\r\n"}))
    assert "let in as acme+ci, by the trust “main builds”" in text
    assert "Claim sub is" in text, "why the other one refuses"
    assert "acme/web: write" in text
    assert RobotToken.objects.count() == before
    assert not UsedAssertion.objects.exists()


def test_a_token_that_does_not_match_tells_what_was_asked_and_found(
    alice: Client, cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(conditions=(Condition("event", Operator.ONE_OF, ("push", "tag")),))
    token = signer.token(event="<fork>").reveal()
    response = alice.post(home(cast.ci, "test"), {"token": token})
    text = text_of(response)
    assert "no trust matches it" in text
    assert "Came nearest" in text
    assert "Asked for push, tag In the token <fork>" in text
    assert "<fork>" not in response.content.decode()


def test_a_robot_that_may_not_log_in_is_told(
    alice: Client, cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting()
    trusting(subject="x", enabled=False)
    cast.ci.enabled = False
    cast.ci.save()
    token = signer.token().reveal()
    text = text_of(alice.post(home(cast.ci, "test"), {"token": token}))
    assert "matches, yet it would not be let in" in text
    assert "switched off, so it was not asked" in text


def test_without_a_trust_nothing_can_match(alice: Client, cast: Cast) -> None:
    token = Signer().token().reveal()
    text = text_of(alice.post(home(cast.ci, "test"), {"token": token}))
    assert "acme+ci has no trust that could take it" in text


def test_s28_the_token_is_nowhere_afterwards(
    alice: Client,
    cast: Cast,
    trusting: TrustBuilder,
    signer: Signer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in the answer, its errors, logs, audit or session: no part of it is."""
    trusting()
    caplog.set_level(logging.DEBUG)
    good = signer.token().reveal()
    body, signature = good.split(".")[1:]
    wrong = [
        good, f"{good}x", good[:-9], f"{good}.{signature}", f"x{good}",
        body, f"{good}\x00", good * 100,
    ]  # fmt: skip
    url = home(cast.ci, "test")
    for token in wrong:
        response = alice.post(url, {"token": token})
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        shown = response.content.decode() + caplog.text
        assert body[:40] not in shown
        assert signature[:40] not in shown
    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    facts = list(AuditEvent.objects.values_list("facts", flat=True))
    assert body[:40] not in str(kept) + str(facts)


@pytest.mark.parametrize("token", ["", "   ", "x" * 100_000, "\x00"])
def test_what_is_no_token_is_said_beside_the_field(
    token: str, alice: Client, cast: Cast
) -> None:
    response = alice.post(home(cast.ci, "test"), {"token": token})
    assert list(errors_of(response)) == ["token"]
    assert "x" * 1000 not in response.content.decode()


def test_an_address_tests_nothing(
    alice: Client, cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    """A token in the address would be in the logs of proxies."""
    trusting()
    token = signer.token().reveal()
    response = alice.get(home(cast.ci, "test"), {"token": token})
    assert "found" not in response.context
    assert token not in response.content.decode()
