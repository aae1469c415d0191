"""The trusts of robots in access files. This app knows none: another one tells them.

`federation` registers itself here when it is installed; without it an access file has
no key `trusts`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from robots.audit import Performer
from robots.models import Namespace, Robot

TrustFacts = Mapping[str, Any]
"""One trust as plain JSON values, without what is as it is when nobody says so."""


class RobotTrusts(Protocol):
    """Who keeps the trusts of robots."""

    def keys(self) -> Sequence[str]:
        """What one trust of a file may say."""

    def check_count(self, count: int) -> None:
        """Raise DomainError for more trusts than a robot may have."""

    def read(self, said: Any) -> TrustFacts:
        """What one trust of a file says, checked; raises DomainError."""

    def check_new(self, said: Sequence[TrustFacts]) -> None:
        """Raise DomainError unless a robot without trusts may get these today."""

    def held(self, namespace: Namespace) -> Mapping[str, Sequence[TrustFacts]]:
        """The trusts of a namespace in order, by the short name of their robot."""

    def set(self, robot: Robot, trusts: Sequence[TrustFacts], by: Performer) -> None:
        """Make these the robot's trusts, with one audit event; raises DomainError."""


_keepers: list[RobotTrusts] = []


def register(keeper: RobotTrusts) -> None:
    """Let `keeper` answer for trusts from now on."""
    _keepers[:] = [keeper]


def keeper() -> RobotTrusts | None:
    """Who keeps them, or None where no app does."""
    return _keepers[0] if _keepers else None
