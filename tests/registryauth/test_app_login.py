"""`$app` with an app-specific token is its owner in full, while both live."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.models import User
from registryauth.app_login import authenticate_app_login
from registryauth.errors import Cause, Unauthorized
from robots.credentials import Secret
from robots.lifecycle.app_tokens import create_app_token, revoke_app_token
from robots.models import AppToken
from robots.usage import usage
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body, refusal

INVALID = (401, "UNAUTHORIZED", "Invalid token")
DISABLED = (
    401,
    "UNAUTHORIZED",
    "This user has been disabled. Please contact your administrator.",
)
API = "repository:acme/api:pull,push"


@pytest.fixture
def bobs(cast: Cast) -> str:
    return create_app_token(cast.bob, "laptop", factories.BY).secret.reveal()


def test_it_is_its_owner_in_full(cast: Cast, bobs: str, endpoint: Endpoint) -> None:
    claims = endpoint.claims(endpoint.get(API, login=basic("$app", bobs)))
    assert claims["sub"] == "bob"
    assert claims["access"][0]["actions"] == ["push", "pull"]
    posted = endpoint.post(
        grant_type="password", username="$app", password=bobs, scope=API
    )
    assert endpoint.claims(posted)["sub"] == "bob"


def test_it_costs_one_query_and_its_use_is_written_later(
    cast: Cast,
    bobs: str,
    endpoint: Endpoint,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        assert endpoint.get(login=basic("$app", bobs)).status_code == 200
    usage.flush()
    assert AppToken.objects.get().last_used_at is not None


@pytest.mark.parametrize("secret", ["", "x", "A" * 120, "\x00", "é", "qskey:"])
def test_any_other_secret_is_invalid(
    secret: str, bobs: str, endpoint: Endpoint
) -> None:
    assert refusal(endpoint.get(login=basic("$app", secret))) == INVALID


def test_no_other_kind_of_secret_is_taken_for_one(
    cast: Cast, bobs: str, endpoint: Endpoint
) -> None:
    for secret in (factories.PASSWORD, cast.ci_secret.reveal()):
        assert refusal(endpoint.get(login=basic("$app", secret))) == INVALID
    for name in ("bob", "acme+ci", "$oauthtoken", "$APP", "$app "):
        assert endpoint.get(login=basic(name, bobs)).status_code == 401


def _revoke(token: AppToken) -> None:
    revoke_app_token(token, factories.BY)


def _expire(token: AppToken) -> None:
    AppToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())


def _disable(token: AppToken) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


def _delete_owner(token: AppToken) -> None:
    User.objects.get(pk=token.user_id).delete()


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (_revoke, INVALID),
        (_expire, INVALID),
        (_disable, DISABLED),
        (_delete_owner, INVALID),
    ],
)
def test_it_ends_at_once_with_what_it_depends_on(
    end: Callable[[AppToken], None],
    expected: tuple[int, str, str],
    bobs: str,
    endpoint: Endpoint,
) -> None:
    assert endpoint.get(login=basic("$app", bobs)).status_code == 200
    end(AppToken.objects.get())
    assert refusal(endpoint.get(login=basic("$app", bobs))) == expected


def test_where_they_are_switched_off_none_is_accepted(
    bobs: str, endpoint: Endpoint, settings: Settings
) -> None:
    settings.FEATURE_APP_SPECIFIC_TOKENS = False
    assert refusal(endpoint.get(login=basic("$app", bobs))) == INVALID


def test_no_refresh_token_outlives_it(bobs: str, endpoint: Endpoint) -> None:
    login = basic("$app", bobs)
    answer = endpoint.get(login=login, offline_token="true")
    assert "refresh_token" not in body(answer)
    posted = endpoint.post(
        grant_type="password", username="$app", password=bobs, access_type="offline"
    )
    assert posted.status_code == 200
    assert "refresh_token" not in body(posted)


def test_it_is_over_at_its_very_end(bobs: str) -> None:
    end = timezone.now()
    AppToken.objects.update(expires_at=end)
    just_before = end - timedelta(microseconds=1)
    assert authenticate_app_login(Secret(bobs), just_before).name == "bob"
    with pytest.raises(Unauthorized) as refused:
        authenticate_app_login(Secret(bobs), end)
    assert refused.value.cause is Cause.EXPIRED
    assert "expired" in refused.value.reason


def test_switched_off_none_is_looked_for(bobs: str, settings: Settings) -> None:
    settings.FEATURE_APP_SPECIFIC_TOKENS = False
    with pytest.raises(Unauthorized) as refused:
        authenticate_app_login(Secret(bobs), timezone.now())
    assert refused.value.cause is Cause.NOT_ACCEPTED
    assert "switched off" in refused.value.reason


def test_a_registry_token_ends_no_later(bobs: str, endpoint: Endpoint) -> None:
    end = timezone.now() + timedelta(seconds=100)
    AppToken.objects.update(expires_at=end)
    claims = endpoint.claims(endpoint.get(login=basic("$app", bobs)))
    assert claims["exp"] == int(end.timestamp())
