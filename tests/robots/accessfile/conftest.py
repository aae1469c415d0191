"""People whom access files name."""

import pytest

from tests import factories


@pytest.fixture
def people() -> None:
    factories.user("alice")
    factories.user("bob")
