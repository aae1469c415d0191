"""Times as options of commands name them."""

from datetime import UTC, date, datetime, time

from django.utils import timezone

from robots.errors import DomainError

UNTIL_HELP = (
    "When the permission ends: a date-time with a zone, or a date, which means"
    " midnight UTC at its beginning. Default: never."
)


def end_named(text: str, option: str = "--until") -> datetime:
    """What `option` names, in UTC. Raises DomainError unless it is yet to come."""
    try:
        end = _read(text)
    except (ValueError, OverflowError):
        raise DomainError(
            f"{option}: {text!r} is not an ISO 8601 date, or date-time with a zone,"
            " such as 2030-06-30 or 2030-06-30T18:00:00+02:00"
        ) from None
    if end <= timezone.now():
        raise DomainError(f"{option}: {end.isoformat()} is in the past")
    return end


def _read(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone") from None
        return moment.astimezone(UTC)
    return datetime.combine(day, time(), UTC)
