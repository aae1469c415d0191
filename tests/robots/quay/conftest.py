"""A Quay with one organization, and the two of its people who are here too."""

from collections.abc import Iterator

import pytest

from tests import factories
from tests.robots.quay.recorded import acme
from tests.robots.quay.server import Quay, served


@pytest.fixture(autouse=True)
def quay_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAY_TOKEN", "quaysecret")


@pytest.fixture
def people(db: None) -> None:
    factories.user("alice")
    factories.user("bob")


@pytest.fixture
def quay(people: None) -> Iterator[Quay]:
    with served(acme()) as quay:
        yield quay
