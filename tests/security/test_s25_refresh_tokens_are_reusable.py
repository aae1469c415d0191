"""S-25: docker uses one refresh token for every pull, so it is not rotated."""

import pytest

from robots.lifecycle.robots import set_enabled
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body

PULL = {"grant_type": "refresh_token", "scope": "repository:acme/web:pull"}


@pytest.mark.parametrize("who", ["acme+ci", "alice"])
def test_s25_two_pulls_with_one_refresh_token_pass(
    who: str, cast: Cast, endpoint: Endpoint
) -> None:
    secret = cast.ci_secret if who == "acme+ci" else factories.PASSWORD
    login = endpoint.get(login=basic(who, secret), offline_token="true")
    token = body(login)["refresh_token"]
    pulls = [endpoint.post(refresh_token=token, **PULL) for _ in range(2)]
    subjects = [endpoint.claims(pull)["sub"] for pull in pulls]
    assert subjects == [who, who]
    assert all("refresh_token" not in body(pull) for pull in pulls)


def test_s25_it_ends_with_the_robot_and_not_before(
    cast: Cast, endpoint: Endpoint
) -> None:
    login = endpoint.get(login=basic("acme+ci", cast.ci_secret), offline_token="true")
    token = body(login)["refresh_token"]
    set_enabled(cast.ci, False, factories.BY)
    assert endpoint.post(refresh_token=token, **PULL).status_code == 401
    set_enabled(cast.ci, True, factories.BY)
    assert endpoint.post(refresh_token=token, **PULL).status_code == 200
