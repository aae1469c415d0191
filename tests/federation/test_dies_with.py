"""A federated token works until its trust, robot or namespace goes, and no longer."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.lifecycle import clear_trusts, set_trusts
from federation.models import Trust
from robots.credentials import Secret
from robots.lifecycle.robots import delete_robot, regenerate_token, set_enabled
from robots.models import Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import ROBOT, Exchange
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, body

BY = factories.BY


@pytest.fixture
def secret(trust: Trust, signer: Signer, exchange: Exchange) -> Secret:
    return Secret(body(exchange.get(signer.token()))["token"])


def _remove_row(trust: Trust) -> None:
    """As by a query of an operator, past every deed of ours."""
    trust.tokens.all().delete()
    Trust.objects.filter(pk=trust.pk).delete()


DEEDS: dict[str, Callable[[Trust], object]] = {
    "its trust is removed": lambda t: clear_trusts(t.robot, BY),
    "its trust is replaced": lambda t: set_trusts(t.robot, [], BY),
    "its trust's row is deleted": _remove_row,
    "its trust is disabled": lambda t: Trust.objects.update(enabled=False),
    "the robot is regenerated": lambda t: regenerate_token(t.robot, BY),
    "regenerated with grace": lambda t: regenerate_token(t.robot, BY, grace=3600),
    "the robot is disabled": lambda t: set_enabled(t.robot, False, BY),
    "the robot is deleted": lambda t: delete_robot(t.robot, BY),
    "the robot expires": lambda t: Robot.objects.update(expires_at=timezone.now()),
    "the namespace is disabled": lambda t: type(t.robot.namespace).objects.update(
        enabled=False
    ),
    "it expires": lambda t: RobotToken.objects.filter(origin="federated").update(
        expires_at=timezone.now()
    ),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_it_is_refused_at_the_next_request_after(
    deed: Callable[[Trust], object], trust: Trust, secret: Secret, endpoint: Endpoint
) -> None:
    assert endpoint.get(login=basic(ROBOT, secret)).status_code == 200
    deed(trust)
    assert endpoint.get(login=basic(ROBOT, secret)).status_code == 401


def test_robots_disallow_refuses_it(
    secret: Secret, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert endpoint.get(login=basic(ROBOT, secret)).status_code == 401


def test_a_refresh_token_that_it_earned_dies_with_it(
    cast: Cast, trust: Trust, secret: Secret, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, secret)
    earned = body(endpoint.get(login=login, offline_token="true"))["refresh_token"]
    service = "127.0.0.1:5000"
    form = {
        "grant_type": "refresh_token",
        "refresh_token": earned,
        "service": service,
    }
    assert endpoint.post(**form).status_code == 200
    Trust.objects.update(enabled=False)
    assert endpoint.post(**form).status_code == 401


def test_the_robots_static_token_outlives_its_trust(
    cast: Cast, trust: Trust, secret: Secret, endpoint: Endpoint
) -> None:
    clear_trusts(cast.ci, BY)
    assert endpoint.get(login=basic(ROBOT, cast.ci_secret)).status_code == 200
    assert endpoint.get(login=basic(ROBOT, secret)).status_code == 401
