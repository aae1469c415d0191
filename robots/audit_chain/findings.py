"""What a verification says: what is wrong, and what was seen.

Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

MOST_LISTED = 100
"""Problems that are told one by one; all of them are counted."""


class Problem(NamedTuple):
    """Something that is not as it was written; `what` and `number` say where."""

    what: str
    number: int
    trouble: str

    def __str__(self) -> str:
        return f"{self.what} {self.number} {self.trouble}"


class TriggerProblem(NamedTuple):
    """A trigger that does not protect what was audited as it did."""

    name: str
    trouble: str

    def __str__(self) -> str:
        return f"trigger {self.name} {self.trouble}"


class Purge(NamedTuple):
    """A seal that lets older events be deleted, and the event that tells of it."""

    seal: int
    purged_event: int
    at: datetime
    by: str


class Head(NamedTuple):
    """A seal as an operator notes it elsewhere: `number:hash`."""

    number: int
    hash: str


@dataclass
class Report:
    """`head` is the last seal; empty where nothing is sealed.

    `is_late` says that events wait for a seal longer than they may.
    """

    seals: int = 0
    events: int = 0
    purged_seals: int = 0
    purged_events: int = 0
    left_to_purge: int = 0
    purges: list[Purge] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    triggers: list[TriggerProblem] = field(default_factory=list)
    retired_keys: list[str] = field(default_factory=list)
    head: str = ""
    unsealed: int = 0
    oldest_unsealed: datetime | None = None
    is_late: bool = False

    @property
    def is_sound(self) -> bool:
        return not (self.problem_count or self.triggers or self.is_late)

    def add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.problem_count += 1
            if len(self.problems) < MOST_LISTED:
                self.problems.append(problem)


def compared(
    expected: Sequence[tuple[int, bytes]], found: Iterable[tuple[int, bytes]]
) -> Iterator[Problem]:
    """How the events of a seal differ from its list; both in the order of their ids."""
    of_whom = {digest: pk for pk, digest in expected}
    rest = iter(expected)
    due = next(rest, None)
    for pk, digest in found:
        while due is not None and due[0] < pk:
            yield Problem("event", due[0], "is missing")
            due = next(rest, None)
        if due is None or due[0] > pk:
            yield Problem("event", pk, "was inserted")
            continue
        if digest != due[1]:
            other = of_whom.get(digest)
            yield Problem(
                "event",
                pk,
                "was changed"
                if other is None
                else f"says what event {other} said: they were reordered",
            )
        due = next(rest, None)
    while due is not None:
        yield Problem("event", due[0], "is missing")
        due = next(rest, None)
