"""The organization that robots of Harbor come to."""

import pytest

from robots.models import Namespace
from tests import factories


@pytest.fixture
def acme() -> Namespace:
    namespace = factories.organization("acme")
    for name in ("web", "api"):
        factories.repository(namespace, name)
    return namespace
