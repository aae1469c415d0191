"""Long lists in pieces that a query can take."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

SIZE = 5_000
"""SQLite takes 32,766 parameters at a time."""

_Item = TypeVar("_Item")


def batches(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """`items` in pieces of at most SIZE, in order."""
    for start in range(0, len(items), SIZE):
        yield items[start : start + SIZE]


def pieces(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """`items` as they come, in lists of at most `size`."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
