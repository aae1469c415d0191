"""The token of an issuer is itself a robot's password (no exchange)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation import replay
from federation.models import Trust, UsedAssertion
from registryauth import logins
from robots.models import AuditEvent, Robot, RobotToken
from robots.usage import usage
from tests.conftest import Cast
from tests.federation.fixtures import TrustBuilder, signer, trust, trusting
from tests.federation.signer import ISSUER, SUBJECT, Signer
from tests.registryauth.endpoint import Endpoint, basic, body, refusal

__all__ = ["signer", "trust", "trusting"]

ROBOT = "acme+ci"
SCOPE = "repository:acme/web:pull,push"
WRONG = f"Could not find robot with username: {ROBOT} and supplied password."
DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."


def events(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind))


def test_it_gets_what_the_robot_may(
    cast: Cast, trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, signer.token(run_id="77"))
    asked = endpoint.access(SCOPE, "repository:acme/api:pull", login=login)
    assert asked == [("acme/web", ["push", "pull"]), ("acme/api", [])]
    assert RobotToken.objects.filter(origin="federated").count() == 0
    (event,) = events("federated_robot_login")
    assert (event.facts["issuer"], event.facts["subject"]) == (ISSUER, SUBJECT)
    assert event.facts["provenance"]["run_id"] == "77"
    trust.refresh_from_db()
    assert trust.last_used_at is not None


def test_it_may_be_used_again_within_its_life(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, signer.token())
    for _ in range(3):
        assert endpoint.get(SCOPE, login=login).status_code == 200
    assert len(events("federated_robot_login")) == 1
    assert UsedAssertion.objects.count() == 1


@pytest.mark.parametrize("name", [ROBOT, "acme+nosuch", f"acme+{'x' * 300}"])
def test_a_wrong_token_is_answered_as_a_wrong_secret_is(
    name: str, trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    shown = (signer.token(sub="somebody else"), "A" * 64)
    one, other = (refusal(endpoint.get(SCOPE, login=basic(name, it))) for it in shown)
    assert one == other
    assert one[0] == 401


def test_containerds_form_takes_it_too(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    response = endpoint.post(
        grant_type="password",
        username=ROBOT,
        password=signer.token().reveal(),
        service="127.0.0.1:5000",
        scope=SCOPE,
    )
    assert response.status_code == 200


def test_the_registry_token_ends_with_it(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    token = signer.token(exp=signer.claims()["iat"] + 100)
    claims = endpoint.claims(endpoint.get(SCOPE, login=basic(ROBOT, token)))
    assert 120 <= claims["exp"] - claims["iat"] <= 130


def test_within_the_leeway_it_still_gives_a_token_that_can_be_used(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    now = signer.claims()["iat"]
    token = signer.token(iat=now - 300, nbf=now - 300, exp=now - 10)
    claims = endpoint.claims(endpoint.get(SCOPE, login=basic(ROBOT, token)))
    assert 10 <= claims["exp"] - claims["iat"] <= 20


def test_it_ends_with_robot_and_trust_at_the_latest(
    cast: Cast, trusting: TrustBuilder, signer: Signer, endpoint: Endpoint
) -> None:
    now = timezone.now()
    trusting(expires_at=now + timedelta(seconds=90))
    login = basic(ROBOT, signer.token())
    claims = endpoint.claims(endpoint.get(SCOPE, login=login))
    assert claims["exp"] <= now.timestamp() + 90
    sooner = now + timedelta(seconds=70)
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=sooner)
    claims = endpoint.claims(endpoint.get(SCOPE, login=login))
    assert claims["exp"] <= sooner.timestamp()


def test_each_robot_that_it_logs_in_as_has_an_event(
    cast: Cast, trusting: TrustBuilder, signer: Signer, endpoint: Endpoint
) -> None:
    """A thief must not be able to log in at a robot of his own first, unseen."""
    trust = trusting()
    trusting(cast.reader)
    token = signer.token()
    for robot in ("acme+reader", ROBOT, ROBOT):
        assert endpoint.get(SCOPE, login=basic(robot, token)).status_code == 200
    robots = [event.facts["robot"] for event in events("federated_robot_login")]
    assert sorted(robots) == ["ci", "reader"]
    trust.refresh_from_db()
    assert trust.last_used_at is not None


def test_keys_that_cannot_be_had_are_no_wrong_password(
    trusting: TrustBuilder, signer: Signer, endpoint: Endpoint
) -> None:
    """R11: docker would forget a password that is answered with 401."""
    signer.issuer = "https://nowhere.invalid"
    trusting(issuer=signer.issuer, keys="")
    for robot in (ROBOT, "acme+nosuch"):
        response = endpoint.get(SCOPE, login=basic(robot, signer.token()))
        status, code, _ = refusal(response)
        assert (status, code) == (503, "UNAVAILABLE")


def test_nothing_renews_it(trust: Trust, signer: Signer, endpoint: Endpoint) -> None:
    login = basic(ROBOT, signer.token())
    answer = body(endpoint.get(login=login, offline_token="true"))
    assert "refresh_token" not in answer


def test_a_single_use_token_is_bound_to_its_robot_and_source(
    cast: Cast, trusting: TrustBuilder, signer: Signer, endpoint: Endpoint
) -> None:
    trusting(single_use=True)
    trusting(cast.reader, single_use=True)
    token = signer.token()

    def status(robot: str, address: str) -> int:
        headers = {"Authorization": basic(robot, token)}
        return endpoint.client.get(
            "/v2/auth", headers=headers, REMOTE_ADDR=address
        ).status_code

    assert status(ROBOT, "192.0.2.1") == 200
    assert status(ROBOT, "192.0.2.1") == 200
    assert status(ROBOT, "192.0.2.2") == 401
    assert status("acme+reader", "192.0.2.1") == 401
    assert status(ROBOT, "192.0.2.1") == 200, "nobody elsewhere locks it out"
    used = UsedAssertion.objects.get()
    assert (used.robot, used.source) == (cast.ci, "192.0.2.1")


@pytest.mark.parametrize(("robot", "status"), [(ROBOT, 200), ("acme+reader", 401)])
def test_of_two_who_are_the_first_at_once_one_is_bound(
    robot: str, status: int, cast: Cast, trusting: TrustBuilder, signer: Signer,
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The other one finds nobody before, and is told by the database."""
    trusting(single_use=True)
    trusting(cast.reader, single_use=True)
    token, real = signer.token(), replay.used
    assert endpoint.get(SCOPE, login=basic(ROBOT, token)).status_code == 200
    unseen = [True]
    monkeypatch.setattr(
        replay,
        "used",
        lambda *asked: None if unseen and unseen.pop() else real(*asked),
    )
    assert endpoint.get(SCOPE, login=basic(robot, token)).status_code == status
    assert not unseen
    assert UsedAssertion.objects.get().robot == cast.ci
    assert len(events("federated_robot_login")) == 1


def test_it_is_not_exchanged_after_it_was_bound(
    trusting: TrustBuilder, signer: Signer, endpoint: Endpoint
) -> None:
    trusting(single_use=True)
    login = basic(ROBOT, signer.token())
    assert endpoint.get(SCOPE, login=login).status_code == 200
    headers = {"Authorization": login}
    path = "/oauth2/federation/robot/token"
    assert endpoint.client.get(path, headers=headers).status_code == 401
    assert RobotToken.objects.filter(origin="federated").count() == 0


@pytest.mark.parametrize(
    ("robot", "changes"),
    [
        pytest.param("acme+nosuch", {}, id="no such robot"),
        pytest.param("acme+reader", {}, id="no trust"),
        pytest.param(ROBOT, {"sub": "another"}, id="another subject"),
        pytest.param(ROBOT, {"iss": "https://other.example"}, id="another issuer"),
    ],
)
def test_what_does_not_match_is_a_wrong_password(
    robot: str, changes: dict[str, Any], trust: Trust, signer: Signer,
    endpoint: Endpoint,
) -> None:  # fmt: skip
    response = endpoint.get(SCOPE, login=basic(robot, signer.token(**changes)))
    wrong = WRONG.replace(ROBOT, robot)
    assert refusal(response) == (401, "UNAUTHORIZED", wrong)
    assert UsedAssertion.objects.count() == 0


def test_an_expired_token_is_called_so(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    response = endpoint.get(login=basic(ROBOT, signer.token(iat=1, nbf=1, exp=2)))
    text = "Invalid token: Signature has expired"
    assert refusal(response) == (401, "UNAUTHORIZED", text)


def test_refusals_are_in_the_audit_and_with_the_trust(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    token = signer.token(sub="repo:acme/app:pull_request")
    endpoint.get(SCOPE, login=basic(ROBOT, token))
    logins.login_log.flush()
    (event,) = events("login_failure")
    assert "pull_request" in event.facts["message"]
    assert token.reveal() not in str(event.facts)
    trust.refresh_from_db()
    assert (trust.last_refusal or {})["claim"] == "sub"


def test_a_person_has_no_such_password(
    cast: Cast, trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    for name in ("alice", "$app", "$oauthtoken"):
        response = endpoint.get(SCOPE, login=basic(name, signer.token()))
        assert response.status_code == 401


def test_a_setting_turns_it_off(
    trust: Trust, signer: Signer, endpoint: Endpoint, settings: Settings
) -> None:
    settings.FEDERATION_PASSWORD_LOGIN = False
    response = endpoint.get(SCOPE, login=basic(ROBOT, signer.token()))
    assert refusal(response) == (401, "UNAUTHORIZED", WRONG)


def test_robots_disallow_comes_first(
    trust: Trust, signer: Signer, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    response = endpoint.get(SCOPE, login=basic(ROBOT, signer.token()))
    assert refusal(response) == (401, "UNAUTHORIZED", DISALLOWED)


@pytest.mark.parametrize(
    "changes", [{"enabled": False}, {"expires_at": timezone.now()}], ids=str
)
def test_a_robot_that_is_off_does_not_log_in(
    changes: dict[str, Any], cast: Cast, trust: Trust, signer: Signer,
    endpoint: Endpoint,
) -> None:  # fmt: skip
    login = basic(ROBOT, signer.token())
    assert endpoint.get(SCOPE, login=login).status_code == 200
    Robot.objects.filter(pk=cast.ci.pk).update(**changes)
    assert endpoint.get(SCOPE, login=login).status_code == 401


def test_it_dies_with_its_trust(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, signer.token())
    assert endpoint.get(SCOPE, login=login).status_code == 200
    trust.delete()
    assert endpoint.get(SCOPE, login=login).status_code == 401


def test_the_robots_last_use_is_noted(
    cast: Cast, trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    endpoint.get(SCOPE, login=basic(ROBOT, signer.token()))
    usage.flush()
    cast.ci.refresh_from_db()
    assert cast.ci.last_used_at is not None


def test_after_the_first_time_it_costs_three_queries_that_read(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, signer.token())
    endpoint.get(SCOPE, login=login)
    with CaptureQueriesContext(connection) as captured:
        assert endpoint.get(SCOPE, login=login).status_code == 200
    statements = [query["sql"] for query in captured]
    assert len(statements) == 3, statements
    assert all(sql.startswith("SELECT") for sql in statements)


def test_a_login_without_scopes_is_one_event_more(
    trust: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    endpoint.get(login=basic(ROBOT, signer.token()))
    logins.login_log.flush()
    (event,) = events("login_success")
    assert event.facts["method"] == "oidc"
