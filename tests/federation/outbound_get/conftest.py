"""A server that behaves as badly as servers can, and names that lead to it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.federation.issuer import FakeIssuer
from tests.federation.surroundings import Connections, NameService


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> NameService:
    return NameService(monkeypatch)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    return Connections(monkeypatch)
