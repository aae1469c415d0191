"""A robot as Harbor has it, from whichever source. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from robots.imported_secrets import SlowHash

NEVER = -1
"""What Harbor writes for the end of a robot that has none."""


class Access(NamedTuple):
    """One thing that a robot may do. `project` is a project's name; of the system `/`,
    of all projects `*`, and of a project that is not known its scope.
    """

    project: str
    resource: str
    action: str
    effect: str


@dataclass(frozen=True, slots=True)
class HarborRobot:
    """`project` is empty for a robot of the system. No `kept` is no known secret.

    `problem` is why it cannot be brought, where its source tells that already.
    """

    name: str
    project: str
    description: str
    expires_at: datetime | None
    disabled: bool
    accesses: tuple[Access, ...]
    kept: SlowHash | None = None
    problem: str = ""


def moment(seconds: int) -> datetime | None:
    """The end that Harbor keeps as Unix seconds, -1 for none. Raises ValueError."""
    if seconds == NEVER:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("no moment in time") from None
