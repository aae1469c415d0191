"""An issuer that acme+ci trusts, and the endpoints where its tokens are exchanged."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from federation.conditions import Condition
from federation.entries import Entry
from federation.models import Trust
from robots.models import Robot
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.signer import SUBJECT, Signer

TrustBuilder = Callable[..., Trust]


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def exchange(client: Client) -> Exchange:
    return Exchange(client)


@pytest.fixture
def trusting(cast: Cast, signer: Signer) -> TrustBuilder:
    """`trusting(robot=acme+ci, **fields)`: a stored trust in the signer's tokens.

    It has the signer's keys, so that no issuer needs to be there.
    """

    def build(
        robot: Robot | None = None,
        conditions: tuple[Condition, ...] = (),
        **fields: Any,
    ) -> Trust:
        entry = Entry(
            issuer=fields.pop("issuer", signer.issuer),
            subject=fields.pop("subject", SUBJECT),
            keys=fields.pop("keys", signer.jwks()),
            conditions=conditions,
            **fields,
        )
        trust = Trust.of(robot or cast.ci, entry, created_by="tests")
        trust.save()
        return trust

    return build


@pytest.fixture
def trust(trusting: TrustBuilder) -> Trust:
    """acme+ci trusts SUBJECT of the signer: what Quay's two fields say."""
    return trusting()
