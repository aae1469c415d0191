"""What a warm exchange costs: few statements, and no request to the issuer."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from federation.models import Trust
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.issuer import FakeIssuer
from tests.federation.signer import SUBJECT

_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


@pytest.mark.parametrize("single_use", [False, True])
@pytest.mark.parametrize("trusts", [1, 50])
def test_a_warm_exchange_costs_few_queries_and_no_request(
    trusts: int, single_use: bool, cast: Cast, client: Client, settings: Settings
) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.FEDERATION_SINGLE_USE = single_use
    exchange = Exchange(client)
    with FakeIssuer() as issuer:
        for number in range(trusts):
            subject = f"{SUBJECT}{number}" if number else SUBJECT
            Trust(robot=cast.ci, issuer=issuer.url, subject=subject).save()
        assert exchange.get(issuer.signer.token()).status_code == 200
        before = dict(issuer.fetches)
        assert sum(before.values()) == 2, "discovery and keys, once"
        with CaptureQueriesContext(connection) as captured:
            assert exchange.get(issuer.signer.token()).status_code == 200
        assert dict(issuer.fetches) == before
    statements = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(_OF_TRANSACTIONS)
    ]
    # PostgreSQL does all that is written in one.
    written = 1 if connection.vendor == "postgresql" else 4 + single_use
    assert len(statements) == 1 + written, statements
