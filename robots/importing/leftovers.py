"""What could not be brought from another registry, and why. Pure.

Names come from the other side: only what can be printed is kept of them.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

MAX_SHOWN = 100
"""Characters of a name that are shown."""


class Leftover(NamedTuple):
    """One thing, and how many times it was met."""

    noun: str
    name: str
    reason: str
    times: int

    def facts(self) -> dict[str, Any]:
        return self._asdict()

    def words(self) -> str:
        often = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.noun} {self.name}: {self.reason}{often}"


class Leftovers:
    """What was left out so far; the same thing for the same reason is told once."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def add(self, noun: str, name: Any, reason: str, times: int = 1) -> None:
        """Remember that `name` was left out; it may be any JSON value."""
        self._counts[noun, shown(name), shown(reason, 3 * MAX_SHOWN)] += times

    def extend(self, others: Iterable[Leftover]) -> None:
        for other in others:
            self.add(*other)

    def all(self) -> list[Leftover]:
        """Each of them, by noun and name."""
        return [Leftover(*key, times) for key, times in sorted(self._counts.items())]

    @classmethod
    def of(cls, facts: Iterable[dict[str, Any]]) -> Self:
        """From what `Leftover.facts` gave. Raises KeyError and TypeError."""
        made = cls()
        for said in facts:
            made.add(said["noun"], said["name"], said["reason"], int(said["times"]))
        return made


def shown(value: Any, longest: int = MAX_SHOWN) -> str:
    """A value of the other side as one short line that any terminal can print."""
    if not isinstance(value, str):
        return f"(a JSON {type(value).__name__})"
    cut = value[:longest]
    line = "".join(char if char.isprintable() else "\ufffd" for char in cut)
    return line + "..." if len(value) > longest else line
