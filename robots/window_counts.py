"""How often something happened in the present stretch of time, in one process.

Time is cut into windows of one length, all of which begin where every process says so
by its clock; a count ends with its window. There are at most so many counts: the one
that is there for the longest makes room.
"""

from collections.abc import Sequence


class WindowCounts:
    """The counts of one window. Not safe for several threads: whoever has it locks."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._window = -1
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, window: int, keys: Sequence[str]) -> list[int]:
        """Add one to each count of that window, and say what they are now."""
        self._turn(window)
        return [self._keep(key, self._counts.get(key, 0) + 1) for key in keys]

    def raise_to(self, window: int, key: str, count: int) -> None:
        """See that the count is `count` at least: somebody else counted more."""
        self._turn(window)
        if count > self._counts.get(key, 0):
            self._keep(key, count)

    def _turn(self, window: int) -> None:
        """Also where the clock was set back: what it counted then says nothing now."""
        if window != self._window:
            self._window = window
            self._counts.clear()

    def _keep(self, key: str, count: int) -> int:
        if key not in self._counts and len(self._counts) >= self._most:
            del self._counts[next(iter(self._counts))]
        self._counts[key] = count
        return count
