"""An issuer, a clock, and ages that the tests know."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.federation.issuer import FakeIssuer
from tests.federation.kept_keys.asking import COOLDOWN, FRESH, MAX
from tests.federation.surroundings import Clock


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.FEDERATION_KEYS_FRESH_SECONDS = FRESH
    settings.FEDERATION_KEYS_MAX_SECONDS = MAX
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = COOLDOWN


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
