"""Counts of what happens, in memory, cheap enough for the path of a token.

Every thread counts in a dictionary of its own, so that no increment needs a lock: with
one writer, "read, add, store" cannot lose a count, whatever the interpreter does in
between. Who reads adds copies of all of them together, and a copy of a dictionary is
made in one step. What is counted is named by tuples whose texts the code chooses, never
a caller: there are only so many.

Pure: no database, no clock, no network. The site shows the counts (quaysite.metrics).
"""

import os
import threading
from bisect import bisect_left

Key = tuple[str | int, ...]
"""What is counted: the name of a metric, and the values of its labels."""

Counts = dict[Key, float]

BOUNDS = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
"""Seconds: the upper ends of a duration's buckets; one more bucket is above them."""

SUM = -1
"""In place of a bucket's number: the seconds of all durations together."""


class Tallies:
    """The counts of one process since it began; they only ever grow."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin at nothing: in a process just forked, whose parent keeps its own."""
        self._lock = threading.Lock()
        self._ended: Counts = {}
        self._threads: list[tuple[threading.Thread, Counts]] = []
        self._own = threading.local()

    def note(self, key: Key, amount: float = 1) -> None:
        """Count one more of `key`."""
        try:
            counts = self._own.counts
        except AttributeError:
            counts = self._enter()
        counts[key] = counts.get(key, 0) + amount

    def observe(self, name: str, label: str, seconds: float) -> None:
        """Count a duration: in its bucket, and in the sum."""
        try:
            counts = self._own.counts
        except AttributeError:
            counts = self._enter()
        key: Key = (name, label, bisect_left(BOUNDS, seconds))
        counts[key] = counts.get(key, 0) + 1
        key = (name, label, SUM)
        counts[key] = counts.get(key, 0) + seconds

    def totals(self) -> Counts:
        """The counts of all threads together, those that have ended included."""
        with self._lock:
            self._take_leave()
            totals = dict(self._ended)
            for _, counts in self._threads:
                add(totals, counts.copy())
        return totals

    def _enter(self) -> Counts:
        counts: Counts = {}
        with self._lock:
            self._take_leave()
            self._threads.append((threading.current_thread(), counts))
        self._own.counts = counts
        return counts

    def _take_leave(self) -> None:
        """Keep the counts of threads that have ended, and nothing else of them."""
        here = []
        for thread, counts in self._threads:
            if thread.is_alive():
                here.append((thread, counts))
            else:
                add(self._ended, counts)
        self._threads = here


def add(totals: Counts, counts: Counts) -> None:
    """Add `counts` to `totals`."""
    for key, amount in counts.items():
        totals[key] = totals.get(key, 0) + amount


tallies = Tallies()
"""Those of this process."""

os.register_at_fork(after_in_child=tallies.forget)
