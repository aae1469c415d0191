"""Points in time as text that is ours, not Quay's. Pure."""

from datetime import UTC, datetime


def moment_text(moment: datetime | None) -> str | None:
    """RFC 3339, in UTC; None for None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
