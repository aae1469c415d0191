"""What an access file changes, written down as it is done.

Pure. Each line stands for one audit event; one about a permission, for one row of a
bulk event.
"""

from collections.abc import Sequence
from typing import NamedTuple

from robots.credentials import Secret

ADDED, CHANGED, REMOVED = "+", "~", "-"


class PlannedChange(NamedTuple):
    """One change. `details` are what is added or taken, or each difference.

    `widens` tells that somebody may do more afterwards than before. `removes`, that
    something is taken away: by each `-`, and by a `~` of a list that loses some.
    """

    sign: str
    noun: str
    name: str
    details: tuple[str, ...]
    widens: bool = False
    removes: bool = False


class Ledger:
    """The changes in order, the tokens that were made, what was left, and warnings."""

    def __init__(self) -> None:
        self.changes: list[PlannedChange] = []
        self.tokens: list[tuple[str, Secret]] = []
        self.left = 0
        """Things that only the database has, and that pruning would remove."""
        self.warnings: list[str] = []

    def add(self, noun: str, name: str, *details: str, widens: bool = False) -> None:
        self.changes.append(PlannedChange(ADDED, noun, name, details, widens))

    def change(
        self,
        noun: str,
        name: str,
        details: Sequence[str],
        *,
        widens: bool = False,
        removes: bool = False,
    ) -> None:
        self.changes.append(
            PlannedChange(CHANGED, noun, name, tuple(details), widens, removes)
        )

    def remove(self, noun: str, name: str, *details: str) -> None:
        self.changes.append(PlannedChange(REMOVED, noun, name, details, removes=True))
