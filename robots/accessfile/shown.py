"""A plan as people read it and as programs do. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from robots.accessfile.reconciling.ledger import (
    ADDED,
    CHANGED,
    REMOVED,
    PlannedChange,
)
from robots.roles import Role
from robots.text import printable

MOST_LINES = 200
"""Changes that are shown one by one unless all of them are asked for."""

Paint = Callable[[str, str], str]
"""Colours a line by the sign of its change."""


def plain(sign: str, line: str) -> str:
    """The line as it is: what a file or a pipe gets."""
    return line


def plan_lines(
    changes: Sequence[PlannedChange],
    left: int,
    *,
    dry_run: bool,
    most: int | None = MOST_LINES,
    paint: Paint = plain,
    warnings: Sequence[str] = (),
) -> Iterator[str]:
    """The changes, warnings, what was left alone, what widens access, and the sum.

    `!` before a sign marks a change that lets somebody do more than before. Those, and
    what is removed, are shown however many they are; of all others, `most`.
    """
    cut: list[PlannedChange] = []
    shown = 0
    for change in changes:
        if not (change.widens or change.removes):
            if shown == most:
                cut.append(change)
                continue
            shown += 1
        yield paint(change.sign, change_line(change))
    if cut:
        yield _not_shown(cut)
    yield from map(printable, warnings)
    if left:
        yield _left(left)
    if widening := [change for change in changes if change.widens]:
        yield _widening(widening)
    yield _sum(changes, dry_run)


def plan_facts(
    changes: Sequence[PlannedChange], left: int, warnings: Sequence[str] = ()
) -> dict[str, Any]:
    """The same as one JSON object, with every change."""
    counts = _counts(changes)
    return {
        "add": counts[ADDED],
        "change": counts[CHANGED],
        "remove": counts[REMOVED],
        "left": left,
        "warnings": list(warnings),
        "widening": sum(change.widens for change in changes),
        "changes": [
            {**change._asdict(), "details": list(change.details)} for change in changes
        ],
    }


def change_line(change: PlannedChange) -> str:
    """One change as one line, its mark and its sign first."""
    mark = "!" if change.widens else " "
    line = f"{mark} {change.sign} {change.noun} {change.name}"
    if details := ", ".join(change.details):
        line += f": {details}" if change.sign == CHANGED else f" ({details})"
    return printable(line)


def _not_shown(changes: Sequence[PlannedChange]) -> str:
    kinds = Counter((change.sign, change.noun) for change in changes)
    told = ", ".join(f"{count} {sign} {noun}" for (sign, noun), count in kinds.items())
    return f"    and {len(changes)} more ({told}); --show-all shows them"


def _left(left: int) -> str:
    if left == 1:
        return "1 more is only here; --prune removes it."
    return f"{left} more are only here; --prune removes them."


def _widening(changes: Sequence[PlannedChange]) -> str:
    admin = sum(_gives_admin(change) for change in changes)
    verb = "lets" if len(changes) == 1 else "let"
    line = f"{_count(len(changes), 'change')} marked ! {verb} somebody do more"
    return (
        f"{line}; {admin} of them give{'s' * (admin == 1)} admin."
        if admin
        else (f"{line}.")
    )


def _gives_admin(change: PlannedChange) -> bool:
    roles = (
        detail.rpartition(" -> ")[2].partition(" until ")[0]
        for detail in change.details
    )
    return Role.ADMIN.label in roles


def _sum(changes: Sequence[PlannedChange], dry_run: bool) -> str:
    if not changes:
        return "Nothing to do: all is as the file says."
    counts = _counts(changes)
    add, change, remove = counts[ADDED], counts[CHANGED], counts[REMOVED]
    if dry_run:
        return f"Plan: {add} to add, {change} to change, {remove} to remove."
    return f"Done: {add} added, {change} changed, {remove} removed."


def _counts(changes: Sequence[PlannedChange]) -> Counter[str]:
    """How many add, change and remove something: some lines do two of it."""
    counts = Counter(change.sign for change in changes)
    counts[REMOVED] = sum(change.removes for change in changes)
    return counts


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
