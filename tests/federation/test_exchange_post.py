"""The exchange of RFC 8693 at POST /oauth2/token."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from federation.models import Trust
from robots.models import Robot
from tests.conftest import Cast
from tests.federation.exchanges import POST_URL, ROBOT, Exchange, minted, stored
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, body

TYPES = "urn:ietf:params:oauth:token-type:"


@pytest.mark.parametrize("kind", ["jwt", "id_token"])
def test_a_token_is_exchanged(
    kind: str, trust: Trust, signer: Signer, exchange: Exchange, endpoint: Endpoint
) -> None:
    response = exchange.post(signer.token(), subject_token_type=TYPES + kind)
    answer = body(response)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Pragma"] == "no-cache"
    assert set(answer) == {
        "access_token",
        "issued_token_type",
        "token_type",
        "expires_in",
    }
    assert answer["issued_token_type"] == f"{TYPES}access_token"
    assert answer["token_type"] == "N_A"
    assert answer["expires_in"] in (3599, 3600)
    login = basic(ROBOT, answer["access_token"])
    scope = "repository:acme/web:push"
    assert endpoint.access(scope, login=login) == [("acme/web", ["push"])]
    assert minted() == 1


@pytest.mark.parametrize(
    ("changes", "code", "part"),
    [
        ({"grant_type": None}, "unsupported_grant_type", "grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type", "token-exchange"),
        ({"subject_token": None}, "invalid_request", "subject_token is missing"),
        ({"subject_token": ""}, "invalid_request", "subject_token is missing"),
        ({"subject_token_type": None}, "invalid_request", "subject_token_type"),
        ({"subject_token_type": f"{TYPES}saml2"}, "invalid_request", f"{TYPES}jwt"),
        ({"subject_token_type": f"{TYPES}access_token"}, "invalid_request", "id_token"),
        ({"audience": None}, "invalid_request", "audience is missing"),
        ({"audience": [ROBOT, "acme+reader"]}, "invalid_target", "one robot"),
        ({"resource": "https://r.example"}, "invalid_target", "one robot"),
        ({"subject_token": ["a", "b"]}, "invalid_request", "more than once"),
        ({"grant_type": ["a", "b"]}, "invalid_request", "more than once"),
        ({"requested_token_type": f"{TYPES}jwt"}, "invalid_request", "access_token"),
        ({"actor_token": "x"}, "invalid_request", "actor_token"),
        ({"actor_token_type": f"{TYPES}jwt"}, "invalid_request", "actor_token"),
        ({"scope": "pull"}, "invalid_scope", "permissions"),
    ],
)  # fmt: skip
def test_requests_that_are_not_served(
    changes: dict[str, Any], code: str, part: str, trust: Trust, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    response = exchange.post(signer.token(), **changes)
    answer = body(response)
    assert response.status_code == 400
    assert set(answer) == {"error", "error_description"}
    assert answer["error"] == code
    assert part in answer["error_description"]
    assert response["Cache-Control"] == "no-store"
    assert stored() == (0, 0)


@pytest.mark.parametrize(
    ("robot", "changes"),
    [
        ("acme+nosuch", {}),
        ("acme+reader", {}),
        ("not a robot", {}),
        (ROBOT, {"sub": "repo:acme/other"}),
        (ROBOT, {"iss": "https://other.example"}),
    ],
)
def test_a_token_that_does_not_match_is_an_invalid_request(
    robot: str, changes: dict[str, Any], trust: Trust, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    """RFC 8693, section 2.2.2, asks for that code."""
    response = exchange.post(signer.token(**changes), robot)
    assert response.status_code == 400
    assert body(response) == {
        "error": "invalid_request",
        "error_description": "Token does not match robot",
    }
    assert stored() == (0, 0)


def test_robots_disallow_is_access_denied(
    trust: Trust, signer: Signer, exchange: Exchange, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    response = exchange.post(signer.token())
    assert response.status_code == 400
    assert body(response)["error"] == "access_denied"
    assert stored() == (0, 0)


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("", b""),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 3_000_000),
        ("application/x-www-form-urlencoded; charset=utf-8", b"\xff\xfe=%ff"),
    ],
)
def test_bodies_that_are_no_such_form(
    content_type: str, sent: bytes, client: Client, db: None
) -> None:
    response = client.post(POST_URL, sent, content_type=content_type)
    assert response.status_code == 400
    assert body(response)["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_post_is_answered(method: str, client: Client, db: None) -> None:
    assert client.generic(method, POST_URL).status_code == 405


def test_a_csrf_token_is_not_asked_for(trust: Trust, signer: Signer) -> None:
    strict = Exchange(Client(enforce_csrf_checks=True))
    assert strict.post(signer.token()).status_code == 200


@pytest.mark.parametrize("own_keys", [True, False], ids=["own keys", "none"])
@pytest.mark.parametrize("enabled", [True, False], ids=["enabled", "disabled"])
def test_an_issuer_that_is_down_is_called_so_for_every_robot(
    own_keys: bool, enabled: bool, cast: Cast, trusting: TrustBuilder, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    """Else it would tell which robots there are, and whom they trust."""
    signer.issuer = "https://nowhere.invalid"
    trusting(cast.reader, issuer=signer.issuer, keys="")
    assert exchange.post(signer.token(), "acme+reader").status_code == 503
    trusting(issuer=signer.issuer, keys=signer.jwks() if own_keys else "")
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=enabled)
    junk = Signer(signer.issuer, "ES256").token()
    answers = [exchange.post(junk, robot) for robot in (ROBOT, "acme+nosuch")]
    assert answers[0].content == answers[1].content
    assert [answer.status_code for answer in answers] == [503, 503]


def test_keys_that_cannot_be_had_are_not_the_callers_fault(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """The issuer has no address: its host is in the reserved domain `.invalid`."""
    signer.issuer = "https://nowhere.invalid"
    trusting(issuer=signer.issuer, keys="")
    response = exchange.post(signer.token())
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert body(response)["error"] == "temporarily_unavailable"
    other = exchange.post(signer.token(), "acme+nosuch")
    assert other.status_code == 503, "or it would tell which robots trust the issuer"
    via_get = exchange.get(signer.token())
    assert via_get.status_code == 401
    assert body(via_get)["error"] == "temporarily_unavailable"
    assert stored() == (0, 0)
