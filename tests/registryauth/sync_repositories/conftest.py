"""A registry with repositories that are missing here."""

from collections.abc import Iterator

import pytest

from tests.conftest import Cast
from tests.registryauth.registry import FakeRegistry
from tests.registryauth.sync_repositories.syncing import NAMES


@pytest.fixture
def registry(cast: Cast) -> Iterator[FakeRegistry]:
    with FakeRegistry(NAMES) as registry:
        yield registry
