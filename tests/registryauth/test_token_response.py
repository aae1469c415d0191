"""What a granted request is answered with: body, headers and every claim."""

import re
import time
from datetime import datetime, timedelta

import jwt
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth import signing
from tests.conftest import Cast
from tests.registryauth.endpoint import (
    CLAIMS,
    JWKS_URL,
    SERVICE,
    Endpoint,
    basic,
    body,
)

WEB = "repository:acme/web:pull"


def test_the_body_holds_the_token_twice_and_when_it_ends(
    cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))
    answer = body(response)
    claims = endpoint.claims(response)
    assert answer.keys() == {"token", "access_token", "expires_in", "issued_at"}
    assert answer["token"] == answer["access_token"]
    assert answer["expires_in"] == 300
    assert answer["issued_at"].endswith("Z")
    assert datetime.fromisoformat(answer["issued_at"]).timestamp() == claims["iat"]


def test_the_answer_is_json_that_no_cache_may_keep(
    cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    assert "WWW-Authenticate" not in response
    assert not response.cookies


def test_a_robots_token_carries_these_claims_and_no_others(
    cast: Cast, endpoint: Endpoint
) -> None:
    before = int(time.time())
    claims = endpoint.claims(
        endpoint.get(
            "repository:acme/web:pull,push",
            "repository:acme/api:pull",
            login=basic("acme+ci", cast.ci_secret),
        )
    )
    assert list(claims) == CLAIMS
    assert before <= claims["iat"] <= time.time()
    assert re.fullmatch(r"[0-9a-f]{32}", claims["jti"])
    assert claims == {
        "iss": "quaysite",
        "sub": "acme+ci",
        "aud": SERVICE,
        "iat": claims["iat"],
        "nbf": claims["iat"] - 60,
        "exp": claims["iat"] + 300,
        "jti": claims["jti"],
        "access": [
            {"type": "repository", "name": "acme/web", "actions": ["push", "pull"]},
            {"type": "repository", "name": "acme/api", "actions": []},
        ],
        "context": {
            "version": 2,
            "entity_kind": "robot",
            "entity_reference": "acme+ci",
            "kind": "user",
            "user": "acme+ci",
        },
    }


def test_a_registry_whose_clock_is_90_seconds_behind_takes_it(
    cast: Cast, endpoint: Endpoint
) -> None:
    """By Distribution's own rule: valid from `nbf` on, and a minute before."""
    for login in (basic("acme+ci", cast.ci_secret), basic("alice")):
        claims = endpoint.claims(endpoint.get(WEB, login=login))
        assert claims["nbf"] - 60 <= time.time() - 90


def test_a_persons_token_says_so_in_its_context(cast: Cast, endpoint: Endpoint) -> None:
    claims = endpoint.claims(endpoint.get(WEB, login=basic("alice")))
    assert claims["sub"] == "alice"
    assert claims["context"] == {
        "version": 2,
        "entity_kind": "user",
        "entity_reference": "alice",
        "kind": "user",
        "user": "alice",
    }


def test_an_anonymous_token_names_nobody(cast: Cast, endpoint: Endpoint) -> None:
    claims = endpoint.claims(endpoint.get("repository:acme/public:pull"))
    assert claims["sub"] == "(anonymous)"
    assert claims["context"] == {
        "version": 2,
        "entity_kind": "anonymous",
        "entity_reference": None,
        "kind": "anonymous",
    }


def test_no_two_tokens_share_a_jti(cast: Cast, endpoint: Endpoint) -> None:
    login = basic("acme+ci", cast.ci_secret)
    jtis = {endpoint.claims(endpoint.get(WEB, login=login))["jti"] for _ in range(5)}
    assert len(jtis) == 5


def test_the_header_is_of_a_form_that_registries_2_8_and_3_verify(
    cast: Cast, endpoint: Endpoint
) -> None:
    token = body(endpoint.get(WEB))["token"]
    header = jwt.get_unverified_header(token)
    assert header == {"typ": "JWT", "alg": "ES256", "kid": signing.active_key().kid}


def test_lifetime_issuer_and_audience_follow_the_settings(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_TOKEN_LIFETIME = 1234
    settings.REGISTRY_TOKEN_ISSUER = "another issuer"
    settings.REGISTRY_SERVICES = ["first", "second"]
    answer = body(endpoint.get(WEB, service="second"))
    claims = jwt.decode(
        answer["token"],
        signing.active_key().private_key.public_key(),
        algorithms=["ES256"],
        audience="second",
        issuer="another issuer",
    )
    assert answer["expires_in"] == 1234
    assert claims["exp"] - claims["iat"] == 1234


def test_a_missing_service_is_the_first_configured_one(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = [SERVICE, "second"]
    assert endpoint.claims(endpoint.get(WEB))["aud"] == SERVICE
    assert endpoint.claims(endpoint.get(WEB, service=SERVICE))["aud"] == SERVICE


def test_a_service_named_twice_is_one_service(cast: Cast, endpoint: Endpoint) -> None:
    assert endpoint.claims(endpoint.get(WEB, service=[SERVICE] * 2))["aud"] == SERVICE


@pytest.mark.parametrize("whose", ["robot", "token"])
def test_a_token_never_outlives_the_credential_that_earned_it(
    whose: str, cast: Cast, endpoint: Endpoint
) -> None:
    end = timezone.now() + timedelta(seconds=100)
    row = cast.ci if whose == "robot" else cast.ci.tokens.get()
    row.expires_at = end
    row.save()
    response = endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))
    assert endpoint.claims(response)["exp"] == int(end.timestamp())
    assert 90 <= body(response)["expires_in"] <= 100


@pytest.mark.parametrize("value", ["true", ["false", "true"]], ids=str)
def test_offline_token_true_adds_a_refresh_token(
    value: str | list[str], cast: Cast, endpoint: Endpoint
) -> None:
    for login in (basic("acme+ci", cast.ci_secret), basic("alice")):
        answer = body(endpoint.get(login=login, offline_token=value))
        assert answer["refresh_token"].startswith("qsr.")
        assert answer["refresh_token"] != answer["token"]


@pytest.mark.parametrize("value", ["false", "1", "TRUE", ""], ids=repr)
def test_any_other_offline_token_adds_none(
    value: str, cast: Cast, endpoint: Endpoint
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    answer = body(endpoint.get(login=login, offline_token=value))
    assert "refresh_token" not in answer


def test_nobody_gets_no_refresh_token(cast: Cast, endpoint: Endpoint) -> None:
    answer = body(endpoint.get("repository:acme/public:pull", offline_token="true"))
    assert "refresh_token" not in answer


def test_the_published_keys_are_a_jwk_set_for_get_and_head_only(
    client: Client, db: None
) -> None:
    signing.active_key()
    response = client.get(JWKS_URL)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/jwk-set+json"
    assert [key["kid"] for key in body(response)["keys"]] == [signing.active_key().kid]
    assert client.head(JWKS_URL).status_code == 200
    assert client.post(JWKS_URL).status_code == 405


def test_keys_are_published_before_the_first_token_is_signed(
    client: Client, db: None
) -> None:
    (key,) = body(client.get(JWKS_URL))["keys"]
    assert key["kid"] == signing.active_key().kid
