"""Quay's exchange: GET with robot and token as Basic credentials (contract 4.2)."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.entries import SubjectMatch
from federation.models import FederatedToken, Trust, UsedAssertion
from robots.credentials import Secret
from robots.lifecycle.robots import set_enabled
from robots.models import Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import (
    NO_MATCH,
    ROBOT,
    Exchange,
    events,
    minted,
    stored,
)
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import ISSUER, SUBJECT, Signer
from tests.registryauth.endpoint import Endpoint, basic, body

ANSWERED = "federated_robot_token_exchange"
REFUSED = "federated_robot_token_refused"


def test_a_token_of_the_issuer_becomes_one_of_the_robot(
    trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    before = timezone.now()
    response = exchange.get(signer.token(run_id="77", sha="c0ffee", actor="ada"))
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert list(body(response)) == ["token"]
    secret = body(response)["token"]
    assert secret.startswith("qsf_")
    token = RobotToken.objects.get(origin="federated")
    assert token.robot == trust.robot
    assert token.sealed is None
    assert secret not in token.digest
    life = (token.expires_at or before) - before
    assert timedelta(seconds=3590) < life < timedelta(seconds=3610)
    kept = FederatedToken.objects.get(token=token)
    assert kept.trust == trust
    assert (kept.provenance["issuer"], kept.provenance["subject"]) == (ISSUER, SUBJECT)
    assert kept.provenance["run_id"] == "77"
    assert kept.provenance["commit"] == "c0ffee"
    trust.refresh_from_db()
    assert trust.last_used_at is not None


def test_what_is_kept_of_it_shows_no_secret(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(single_use=True)
    token = signer.token()
    secret = body(exchange.get(token))["token"]
    kept = f"{FederatedToken.objects.get()} {UsedAssertion.objects.get()}"
    assert ROBOT in kept
    assert secret not in kept
    assert token.reveal() not in kept


def test_the_audit_says_what_earned_it_and_no_secret(
    trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    given = signer.token(run_id="77")
    secret = body(exchange.get(given))["token"]
    (event,) = events(ANSWERED)
    assert event.namespace == trust.robot.namespace
    assert event.facts["robot"] == "ci"
    assert (event.facts["issuer"], event.facts["subject"]) == (ISSUER, SUBJECT)
    assert event.facts["trust"] == trust.pk
    assert event.facts["provenance"]["run_id"] == "77"
    assert event.performer_user_id is None
    text = str(event.facts)
    assert secret not in text
    assert given.reveal() not in text


def test_it_is_a_password_of_that_robot_alone(
    cast: Cast, trust: Trust, signer: Signer, exchange: Exchange, endpoint: Endpoint
) -> None:
    secret = body(exchange.get(signer.token()))["token"]
    scope = "repository:acme/web:pull,push"
    assert endpoint.access(scope, login=basic(ROBOT, secret)) == [
        ("acme/web", ["push", "pull"])
    ]
    assert endpoint.get(login=basic("acme+reader", secret)).status_code == 401
    assert endpoint.get(login=basic("alice", secret)).status_code == 401
    assert cast.ci.tokens.count() == 2, "the static token lives on beside it"


def test_a_token_may_be_exchanged_again_within_its_life(
    trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = signer.token()
    answers = [exchange.get(token) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert body(answers[0]) != body(answers[1])
    assert stored() == (2, 0)


def encoded(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return "Basic " + base64.b64encode(raw).decode()


COUNT = "Unexpected number of credentials found in basic auth header"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "No auth header"),
        ("Bearer abc", "Invalid basic auth header"),
        ("Basic", "Invalid basic auth header"),
        ("Basic a b", "Invalid basic auth header"),
        ("", "Invalid basic auth header"),
        ("Basic abc", "Could not parse basic auth header"),
        (encoded(b"\xff\xfe:x"), "Could not parse basic auth header"),
        ("Basic \xe9\xe9", "Could not parse basic auth header"),
        ("Basic %%%", COUNT),
        (encoded("nocolon"), COUNT),
        (encoded("alice:password"), "Invalid robot"),
        (encoded(":x"), "Invalid robot"),
    ],
)
def test_headers_that_name_no_robot(
    header: str | None, text: str, trust: Trust, exchange: Exchange
) -> None:
    response = exchange.raw(header)
    assert response.status_code == 401
    assert body(response) == {"error": text}
    assert stored() == (0, 0)


def test_the_scheme_is_read_in_any_case(
    trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    header = basic(ROBOT, signer.token()).replace("Basic", "bAsIc")
    assert exchange.raw(header).status_code == 200


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_only_get_is_answered(
    method: str, trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    response = exchange.raw(basic(ROBOT, signer.token()), method)
    assert response.status_code == 405
    assert minted() == 0


@pytest.mark.parametrize(
    ("robot", "changes"),
    [
        pytest.param("acme+nosuch", {}, id="no such robot"),
        pytest.param("nosuch+ci", {}, id="no such namespace"),
        pytest.param("acme+reader", {}, id="a robot without trusts"),
        pytest.param("acme+ci+ci", {}, id="not a robot's name"),
        pytest.param("acme+\x00", {}, id="NUL"),
        pytest.param("ACME+CI", {}, id="another case"),
        pytest.param(ROBOT, {"iss": "https://other.example"}, id="another issuer"),
        pytest.param(ROBOT, {"sub": "repo:acme/other"}, id="another subject"),
    ],
)
def test_what_depends_on_the_robot_is_answered_alike(
    robot: str, changes: dict[str, Any], trust: Trust, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    response = exchange.get(signer.token(**changes), robot)
    assert (response.status_code, body(response)) == (401, NO_MATCH)
    assert response["Cache-Control"] == "no-store"
    assert stored() == (0, 0)
    assert events(ANSWERED) == []
    in_acme = (
        robot.startswith("acme+") and robot.count("+") == 1 and "\x00" not in robot
    )
    assert len(events(REFUSED)) == in_acme


def test_a_refusal_tells_the_administrators_which_claim_of_which_trust(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trust = trusting(name="main")
    exchange.get(signer.token(sub="repo:acme/app:pull_request"))
    (event,) = events(REFUSED)
    (tried,) = event.facts["trusts"]
    assert (tried["trust"], tried["name"]) == (trust.pk, "main")
    assert (tried["check"], tried["claim"]) == ("subject", "sub")
    assert SUBJECT in str(tried["expected"])
    assert "pull_request" in str(tried["actual"])
    assert event.performer_name == "(anonymous)"
    trust.refresh_from_db()
    assert trust.last_refused_at is not None
    assert (trust.last_refusal or {})["check"] == "subject"
    assert trust.last_used_at is None


def test_refusals_of_one_sort_are_kept_up_to_a_bound(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    for _ in range(25):
        assert (
            exchange.get(signer.token(iss="https://other.example")).status_code == 401
        )
    assert len(events(REFUSED)) == 20
    exchange.get(signer.token(sub="repo:acme/other"))
    assert len(events(REFUSED)) == 21, "a flood of one does not hide another"


def _disable(robot: Robot) -> None:
    set_enabled(robot, False, factories.BY)


def _expire(robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(expires_at=timezone.now())


def _disable_namespace(robot: Robot) -> None:
    robot.namespace.enabled = False
    robot.namespace.save()


def _disable_trust(robot: Robot) -> None:
    robot.trusts.update(enabled=False)


def _end_trust(robot: Robot) -> None:
    robot.trusts.update(expires_at=timezone.now())


@pytest.mark.parametrize(
    "deed", [_disable, _expire, _disable_namespace, _disable_trust, _end_trust]
)
def test_nothing_is_minted_for_what_is_switched_off(
    deed: object, cast: Cast, trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    assert callable(deed)
    deed(cast.ci)
    response = exchange.get(signer.token())
    assert (response.status_code, body(response)) == (401, NO_MATCH)
    assert stored() == (0, 0)
    assert len(events(REFUSED)) == 1


def test_nothing_is_minted_for_a_person_who_is_disabled(
    cast: Cast, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    robot, _ = factories.robot(cast.alice.personal_namespace, "ci")
    trusting(robot)
    assert exchange.get(signer.token(), "alice+ci").status_code == 200
    cast.alice.is_active = False
    cast.alice.save()
    assert exchange.get(signer.token(), "alice+ci").status_code == 401
    assert minted() == 1


def test_robots_disallow_stops_the_exchange_too(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    text = "Robot accounts have been disabled. Please contact your administrator."
    for robot in (ROBOT, "acme+nosuch"):
        response = exchange.get(signer.token(), robot)
        assert response.status_code == 401
        assert body(response) == {"error": "access_denied", "message": text}
    assert stored() == (0, 0)
    settings.ROBOTS_WHITELIST = [ROBOT]
    assert exchange.get(signer.token()).status_code == 200


def test_the_operators_issuers_are_the_only_ones(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://other.example"]
    assert exchange.get(signer.token()).status_code == 401
    settings.FEDERATION_ISSUERS = ["https://other.example", ISSUER]
    assert exchange.get(signer.token()).status_code == 200


def test_trusts_bring_no_keys_where_the_operator_says_so(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    settings.FEDERATION_TRUST_KEYS = False
    response = exchange.get(signer.token())
    assert (response.status_code, body(response)) == (401, NO_MATCH)
    assert events(REFUSED)[0].facts["check"] == "keys"


def test_an_expired_token_is_called_so_whatever_robot_is_named(
    trust: Trust, signer: Signer, exchange: Exchange
) -> None:
    expected = {
        "error": "invalid_grant",
        "message": "Invalid token: Signature has expired",
    }
    for robot in (ROBOT, "acme+nosuch"):
        response = exchange.get(signer.token(iat=1, nbf=1, exp=2), robot)
        assert (response.status_code, body(response)) == (401, expected)
    assert stored() == (0, 0)


@pytest.mark.parametrize(
    "password", ["", "notajwt", "a.b.c", "A" * 64, "..", "x" * 99_999]
)
def test_what_is_no_jwt_is_a_request_that_cannot_be_read(
    password: str, trust: Trust, exchange: Exchange
) -> None:
    response = exchange.get(Secret(password))
    assert response.status_code == 401
    assert body(response)["error"] == "invalid_request"
    assert body(response)["message"]
    assert stored() == (0, 0)


def test_the_lifetime_is_a_setting_of_an_hour_at_most(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    for lifetime, expected in ((60, 60), (7200, 3600)):
        settings.FEDERATION_TOKEN_LIFETIME = lifetime
        before = timezone.now()
        assert exchange.get(signer.token()).status_code == 200
        token = RobotToken.objects.filter(origin="federated").latest("id")
        life = ((token.expires_at or before) - before).total_seconds()
        assert expected <= life < expected + 10


@pytest.mark.parametrize(
    ("follows", "expected"), [(True, 600), (False, 3600)], ids=["on", "off"]
)
def test_the_lifetime_follows_the_token_where_a_setting_says_so(
    follows: bool, expected: int, trust: Trust, signer: Signer, exchange: Exchange,
    settings: Settings,
) -> None:  # fmt: skip
    settings.FEDERATION_LIFETIME_FOLLOWS_TOKEN = follows
    before = timezone.now()
    assert exchange.get(signer.token()).status_code == 200
    token = RobotToken.objects.get(origin="federated")
    life = ((token.expires_at or before) - before).total_seconds()
    assert expected <= life < expected + 10


def test_it_ends_with_its_trust_and_its_robot_at_the_latest(
    cast: Cast, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    end = timezone.now() + timedelta(minutes=5)
    trusting(expires_at=end)
    exchange.get(signer.token())
    assert RobotToken.objects.get(origin="federated").expires_at == end
    sooner = end - timedelta(minutes=1)
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=sooner)
    exchange.get(signer.token())
    latest = RobotToken.objects.filter(origin="federated").latest("id")
    assert latest.expires_at == sooner


def test_the_most_specific_trust_is_used(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(subject="repo:acme/app:ref:refs/heads/*", subject_match=SubjectMatch.GLOB)
    exact = trusting()
    trusting(subject="repo:acme/app:**", subject_match=SubjectMatch.GLOB)
    exchange.get(signer.token())
    assert FederatedToken.objects.get().trust == exact


def test_one_trust_of_several_is_enough_and_none_of_them_is_mixed(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """S-07: each is matched whole."""
    trusting(subject="a", audiences=("one",))
    trusting(subject="b", audiences=("two",))
    assert exchange.get(signer.token(sub="a", aud="one")).status_code == 200
    assert exchange.get(signer.token(sub="b", aud="two")).status_code == 200
    assert exchange.get(signer.token(sub="a", aud="two")).status_code == 401
    assert exchange.get(signer.token(sub="b", aud="one")).status_code == 401
    assert minted() == 2
    assert len(events(REFUSED)[0].facts["trusts"]) == 2
