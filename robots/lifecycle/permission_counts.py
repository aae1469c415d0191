"""What many permissions at once come to: one change, and how many of each kind."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from robots.lifecycle.wanted import Wanted
from robots.models.permission_changes import Change


class ChangedPermission(NamedTuple):
    """One permission that is to change; `grantee` is `acme+ci`, `team:dev` or `bob`."""

    repository: str
    grantee: str
    change: Change
    before: Wanted | None
    after: Wanted


class Counts(NamedTuple):
    """How many permissions; unchanged are those too that nobody had or is to have."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    @property
    def changes(self) -> int:
        return self.added + self.changed + self.removed


def counts_of(numbers: Mapping[int, int]) -> Counts:
    """From numbers by `Change`, with 0 for what stays."""
    return Counts(*(numbers.get(kind, 0) for kind in (*Change, 0)))


def sum_of(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(some) for some in zip(Counts(), *counts, strict=True)))
