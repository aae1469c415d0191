"""When something may end: at a time that every time zone can show.

Pure. Near the first and last year that Python knows, a time in one zone has no
counterpart in another.
"""

from datetime import UTC, datetime

from robots.errors import DomainError

YEARS = range(2000, 9999)
"""The years, in UTC, in which something may end."""

RULE = f"a time of the years {YEARS[0]} to {YEARS[-1]}"


def check_end(field: str, moment: datetime | None) -> None:
    """Raise DomainError, naming `field`, for an end that cannot be kept and shown.

    None is no end. Whether it has passed is not asked here.
    """
    if moment is not None and not is_end(moment):
        raise DomainError(f"{field}: {RULE} is wanted")


def is_end(moment: datetime) -> bool:
    """Whether something may end at `moment`, which names its zone."""
    try:
        return moment.astimezone(UTC).year in YEARS
    except OverflowError:
        return False
