"""Points in time as text: in UTC, whatever zone they were read in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from robots.moments import moment_text

WEST = timezone(timedelta(hours=-8))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (None, None),
        (datetime(2030, 1, 31, 12, tzinfo=UTC), "2030-01-31T12:00:00Z"),
        (datetime(2030, 12, 31, 18, tzinfo=WEST), "2031-01-01T02:00:00Z"),
        (datetime(2030, 1, 1, 0, 0, 0, 5, tzinfo=UTC), "2030-01-01T00:00:00.000005Z"),
    ],
)
def test_a_moment_is_told_in_utc(moment: datetime | None, text: str | None) -> None:
    assert moment_text(moment) == text
