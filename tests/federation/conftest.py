"""The fixtures of `tests.federation.fixtures`, for the tests of this folder."""

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.federation.fixtures import exchange, signer, trust, trusting
from tests.registryauth.conftest import endpoint

__all__ = ["endpoint", "exchange", "signer", "trust", "trusting"]


@pytest.fixture
def alice(client: Client, cast: Cast) -> Client:
    """The browser of the owner of acme."""
    client.force_login(cast.alice)
    return client
