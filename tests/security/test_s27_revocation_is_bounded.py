"""S-27: what is taken away is refused at the next request, and signed for no longer."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from registryauth import checks
from robots.lifecycle.permissions import revoke
from robots.lifecycle.robots import delete_robot, regenerate_token, set_enabled
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic

SCOPE = "repository:acme/web:pull"
BY = factories.BY


@pytest.mark.parametrize(
    "revocation",
    [
        lambda cast: set_enabled(cast.ci, False, BY),
        lambda cast: regenerate_token(cast.ci, BY),
        lambda cast: delete_robot(cast.ci, BY),
        lambda cast: cast.ci.tokens.all().delete(),
        lambda cast: cast.acme.delete(),
    ],
    ids=["disabled", "regenerated", "deleted", "without tokens", "without namespace"],
)
def test_s27_a_revoked_robot_gets_no_further_token(
    revocation: Callable[[Cast], object], cast: Cast, endpoint: Endpoint
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.get(SCOPE, login=login).status_code == 200
    revocation(cast)
    assert endpoint.get(SCOPE, login=login).status_code == 401


def test_s27_a_revoked_permission_is_in_no_further_token(
    cast: Cast, endpoint: Endpoint
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.access(SCOPE, login=login) == [("acme/web", ["pull"])]
    revoke(cast.web, cast.ci, BY)
    assert endpoint.access(SCOPE, login=login) == [("acme/web", [])]


def test_s27_a_token_already_signed_ends_within_the_documented_bound(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    claims = endpoint.claims(endpoint.get(SCOPE, login=login))
    assert claims["exp"] - claims["iat"] == 300
    settings.REGISTRY_TOKEN_LIFETIME = 3601
    assert [message.id for message in checks.check_lifetimes()] == ["registryauth.E002"]
