"""Long lists in pieces that a query can take."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

SIZE = 5_000
"""SQLite takes 32,766 parameters at a time."""

_Item = TypeVar("_Item")


def batches(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """`items` in pieces of at most SIZE, in order."""
    for start in range(0, len(items), SIZE):
        yield items[start : start + SIZE]
