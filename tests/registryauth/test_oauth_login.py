"""`$oauthtoken` with an OAuth token is its person, cut to the token's scopes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken as OAuthToolkitToken
from pytest_django import DjangoAssertNumQueries

from quaysite.models import AccessToken, User
from registryauth import oauth_login
from robots.usage import usage
from tests.api.tokens import bearer
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, Refusal, basic, body, refusal

API = "repository:acme/api:pull,push"


def wrong(message: str) -> Refusal:
    return 401, "UNAUTHORIZED", message


NOT_VALID = wrong("OAuth access token could not be validated")


def login(token: str) -> str:
    return basic("$oauthtoken", token)


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        ("repo:read", ["pull"]),
        ("repo:write", ["push", "pull"]),
        ("repo:read,repo:write", ["push", "pull"]),
        ("user:admin org:admin", []),
        ("repo:write nonsense", []),
        ("", []),
    ],
)
def test_it_does_at_most_what_its_scopes_allow(
    scope: str, actions: list[str], cast: Cast, endpoint: Endpoint
) -> None:
    token = bearer(cast.bob, scope)
    claims = endpoint.claims(endpoint.get(API, login=login(token)))
    assert (claims["sub"], claims["access"][0]["actions"]) == ("bob", actions)


def test_its_person_can_do_no_more_than_before(cast: Cast, endpoint: Endpoint) -> None:
    token = bearer(cast.charlie, "repo:admin")
    assert endpoint.access(API, login=login(token)) == [("acme/api", [])]


def test_its_use_waits_in_memory_and_is_written_with_the_others(
    cast: Cast, endpoint: Endpoint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = bearer(cast.bob, "repo:read")
    with django_assert_num_queries(1):
        endpoint.get(login=login(token))
    assert AccessToken.objects.get().last_used_at is None
    usage.flush()
    first = AccessToken.objects.get().last_used_at
    assert first is not None
    endpoint.get(login=login(token))
    usage.flush()
    assert AccessToken.objects.get().last_used_at > first


def test_what_is_no_token_is_refused(cast: Cast, endpoint: Endpoint) -> None:
    bearer(cast.bob, "repo:read")
    for secret in ("", "x", "A" * 40, "\x00", "é", cast.ci_secret.reveal()):
        assert refusal(endpoint.get(login=login(secret))) == NOT_VALID


def test_it_is_no_password_of_its_person(cast: Cast, endpoint: Endpoint) -> None:
    token = bearer(cast.bob, "repo:read")
    for name in ("bob", "$app", "acme+ci"):
        assert endpoint.get(login=basic(name, token)).status_code == 401


def test_it_ends_with_its_time_its_row_and_its_person(
    cast: Cast, endpoint: Endpoint
) -> None:
    token = bearer(cast.bob, "repo:read")
    AccessToken.objects.update(expires=timezone.now())
    assert refusal(endpoint.get(login=login(token))) == wrong(
        "OAuth access token has expired"
    )
    AccessToken.objects.update(expires=timezone.now() + timedelta(hours=1))
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert refusal(endpoint.get(login=login(token))) == wrong(
        "Granter of the oauth access token is disabled"
    )
    AccessToken.objects.update(user=None)
    assert refusal(endpoint.get(login=login(token))) == NOT_VALID
    AccessToken.objects.all().delete()
    assert refusal(endpoint.get(login=login(token))) == NOT_VALID


def test_nothing_that_it_earns_outlives_it(cast: Cast, endpoint: Endpoint) -> None:
    token = bearer(cast.bob, "repo:read", timedelta(seconds=100))
    answer = endpoint.get(login=login(token), offline_token="true")
    assert "refresh_token" not in body(answer)
    end = AccessToken.objects.get().expires
    assert endpoint.claims(answer)["exp"] == int(end.timestamp())


def test_a_token_without_an_application_is_its_persons_too(
    cast: Cast, endpoint: Endpoint
) -> None:
    token = bearer(cast.bob, "repo:read")
    AccessToken.objects.update(application=None)
    assert endpoint.access(API, login=login(token)) == [("acme/api", ["pull"])]


def test_a_model_that_keeps_no_last_use_is_left_alone(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plain = OAuthToolkitToken()
    oauth_login._note_use(plain, timezone.now())
    assert not hasattr(plain, "last_used_at")
    with django_assert_num_queries(0):
        usage.flush()
