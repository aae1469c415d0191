"""S-06 to S-13, S-30, S-31: the whole table of hostile tokens, over HTTP.

Each is refused at all three doors, with nothing minted and nothing used up, and the
namespace's administrators find one event for it.
"""

import pytest

from federation.models import Trust
from robots.models import AuditEvent
from tests.federation.exchanges import (
    NO_MATCH,
    ROBOT,
    Exchange,
    events,
    stored,
)
from tests.federation.fixtures import TrustBuilder
from tests.federation.hostile import HOSTILE, Hostile
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, body, refusal

ACCEPTED = {"federated_robot_token_exchange", "federated_robot_login"}
REFUSED = "federated_robot_token_refused"
OUT_OF_TIME = {
    "Invalid token: Signature has expired",
    "Invalid token: `iat` is in the future",
    "Invalid token: `nbf` is in the future",
}
"""All that depends on the token alone, and so tells nothing of robots."""

pytestmark = pytest.mark.parametrize("hostile", HOSTILE, ids=str)


@pytest.fixture
def trusted(hostile: Hostile, trusting: TrustBuilder) -> Trust:
    return trusting(audiences=hostile.audiences)


def assert_nothing_happened() -> None:
    assert stored() == (0, 0)
    assert not AuditEvent.objects.filter(kind__in=ACCEPTED).exists()


def test_the_exchange_refuses_it(
    hostile: Hostile, trusted: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = hostile.make(signer)
    response = exchange.get(token)
    answer = body(response)
    assert response.status_code == 401
    assert answer.keys() == {"error", "message"}
    assert answer["error"] in ("invalid_request", "invalid_grant")
    if answer["error"] == "invalid_grant" and answer != NO_MATCH:
        assert answer["message"] in OUT_OF_TIME
    assert_nothing_happened()
    (event,) = events(REFUSED)
    assert event.facts["reason"]
    assert len(token.reveal()) < 20 or token.reveal() not in str(event.facts)


def test_the_token_exchange_of_rfc_8693_refuses_it(
    hostile: Hostile, trusted: Trust, signer: Signer, exchange: Exchange
) -> None:
    response = exchange.post(hostile.make(signer))
    assert response.status_code == 400
    assert body(response)["error"] == "invalid_request"
    assert_nothing_happened()
    assert len(events(REFUSED)) <= 1, "none where the form itself was refused"


def test_the_token_endpoint_refuses_it_as_a_password(
    hostile: Hostile, trusted: Trust, signer: Signer, endpoint: Endpoint
) -> None:
    response = endpoint.get(login=basic(ROBOT, hostile.make(signer)))
    status, code, _ = refusal(response)
    assert (status, code) == (401, "UNAUTHORIZED")
    assert_nothing_happened()
