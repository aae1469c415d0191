"""The token endpoint over HTTP, for the tests of this folder."""

import pytest
from django.test import Client

from tests.registryauth.endpoint import Endpoint


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    return Endpoint(client)
