"""Whatever a test does with a set of permissions, none of its tables stays."""

from collections.abc import Iterator

import pytest

from tests.robots.permission_sets.held import temporary_tables


@pytest.fixture(autouse=True)
def no_table_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a set works with is gone when it is done."""
    yield
    if "cast" in request.fixturenames:
        assert temporary_tables() == []
