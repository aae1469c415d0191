"""A provider to sign in with, and people whose passwords are hashed one at a time."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.oidc import provider
from tests.conftest import Cast
from tests.federation.issuer import FakeIssuer
from tests.quaysite.oidc import Flow, configure
from tests.quaysite.passwords import bound_hashes, hash_again
from tests.registryauth.endpoint import Endpoint


@pytest.fixture
def flow(settings: Settings, db: None) -> Iterator[Flow]:
    """A browser in front of a site that has a provider."""
    with FakeIssuer() as issuer:
        configure(settings, issuer)
        yield Flow(issuer, Client())
    provider.forget()


@pytest.fixture
def people(settings: Settings, cast: Cast) -> Cast:
    bound_hashes(settings)
    return hash_again(cast)


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    return Endpoint(client)
