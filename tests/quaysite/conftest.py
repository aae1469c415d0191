"""A provider to sign in with."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.oidc import provider
from tests.federation.issuer import FakeIssuer
from tests.quaysite.oidc import Flow, configure


@pytest.fixture
def flow(settings: Settings, db: None) -> Iterator[Flow]:
    """A browser in front of a site that has a provider."""
    with FakeIssuer() as issuer:
        configure(settings, issuer)
        yield Flow(issuer, Client())
    provider.forget()
