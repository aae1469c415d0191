"""S-15: an issuer that no trust of the robot names is not asked for anything."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.conftest import Cast
from tests.federation.exchanges import ROBOT, Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.issuer import FakeIssuer
from tests.registryauth.endpoint import SERVICE, Endpoint, basic


@pytest.fixture
def stranger(settings: Settings) -> Iterator[FakeIssuer]:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.LOGIN_FAILURE_LIMIT = 0
    with FakeIssuer() as running:
        yield running


def ask_everywhere(
    stranger: FakeIssuer, exchange: Exchange, endpoint: Endpoint
) -> list[int]:
    token = stranger.signer.token()
    return [
        exchange.get(token).status_code,
        exchange.post(token).status_code,
        endpoint.get(login=basic(ROBOT, token)).status_code,
        endpoint.post(
            grant_type="password",
            username=ROBOT,
            password=token.reveal(),
            service=SERVICE,
            client_id="tests",
        ).status_code,
    ]


def test_s15_the_issuer_in_a_token_is_not_asked_because_the_token_says_so(
    stranger: FakeIssuer,
    cast: Cast,
    trusting: TrustBuilder,
    exchange: Exchange,
    endpoint: Endpoint,
) -> None:
    """Whether the robot trusts nobody, somebody else, or another robot trusts it."""
    assert ask_everywhere(stranger, exchange, endpoint) == [401, 400, 401, 401]
    trusting()
    assert ask_everywhere(stranger, exchange, endpoint) == [401, 400, 401, 401]
    trusting(robot=cast.reader, issuer=stranger.url, keys="")
    trusting(issuer=stranger.url, keys="", enabled=False, subject="off")
    trusting(issuer=f"{stranger.url}/", keys="")
    assert ask_everywhere(stranger, exchange, endpoint) == [401, 400, 401, 401]
    assert (stranger.connections, minted()) == (0, 0)


def test_s15_it_is_asked_where_the_robot_trusts_it(
    stranger: FakeIssuer,
    trusting: TrustBuilder,
    exchange: Exchange,
    endpoint: Endpoint,
) -> None:
    """So the test before is about a token that would be good."""
    trusting(issuer=stranger.url, keys="")
    assert ask_everywhere(stranger, exchange, endpoint) == [200, 200, 200, 200]
    assert stranger.connections == 2
