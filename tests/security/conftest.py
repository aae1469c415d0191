"""The token endpoint over HTTP, for the tests of this folder."""

import pytest
from django.test import Client

from tests.federation.fixtures import exchange, signer, trust, trusting
from tests.registryauth.endpoint import Endpoint

__all__ = ["endpoint", "exchange", "signer", "trust", "trusting"]


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    return Endpoint(client)
