"""What the administrators of a namespace find of a token that was turned away."""

from tests.federation.exchanges import Exchange, events, stored
from tests.federation.hostile import Hostile
from tests.federation.signer import Signer

REFUSED = "federated_robot_token_refused"


def assert_turned_away(row: Hostile, exchange: Exchange, signer: Signer) -> None:
    """Refused for the row's own reason, which is kept; nothing is minted."""
    assert exchange.get(row.make(signer)).status_code == 401
    assert stored() == (0, 0)
    (event,) = events(REFUSED)
    found = (event.facts["check"], event.facts["claim"])
    # A key that does not exist is missed before a signature is looked at.
    unknown_kid = row.id.startswith("kid of ")
    assert found == (("keys", "kid") if unknown_kid else (row.check, row.claim))
