"""A robot's trusts: replace them, or take all of them away."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from federation.entries import Entry, check_entries
from federation.models import Trust
from robots import audit
from robots.audit import Performer
from robots.errors import DomainError, NotFound
from robots.models import Robot


def set_trusts(robot: Robot, entries: Sequence[Entry], by: Performer) -> None:
    """Make `entries` the robot's trusts, in this order, in place of those it had.

    One that stays as it was keeps its row, and so what hangs on it. Raises
    DomainError for entries that cannot be, NotFound if the robot is gone.
    """
    check_entries(entries)
    try:
        with transaction.atomic():
            _lock(robot)
            kept = _remove_others(robot, entries)
            _place(robot, entries, kept)
            audit.record(
                "create_robot_federation",
                by,
                robot.namespace,
                config=[shown(entry) for entry in entries],
                robot=robot.name,
            )
    except IntegrityError:
        raise DomainError("The robot account was changed meanwhile") from None


def clear_trusts(robot: Robot, by: Performer) -> None:
    """Take away every trust; there may be none. NotFound if the robot is gone."""
    with transaction.atomic():
        _lock(robot)
        Trust.objects.filter(robot=robot).delete()
        audit.record("delete_robot_federation", by, robot.namespace, robot=robot.name)


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as clients send it: without audiences where it has none."""
    pair = {"issuer": entry.issuer, "subject": entry.subject}
    return pair | ({"audiences": list(entry.audiences)} if entry.audiences else {})


def _lock(robot: Robot) -> None:
    """Let changes of the same robot's trusts, and its deletion, wait for each other."""
    rows = Robot.objects.select_for_update(no_key=True)
    if rows.filter(pk=robot.pk).first() is None:
        raise NotFound("Could not find robot with specified username")


def _remove_others(robot: Robot, entries: Sequence[Entry]) -> dict[Entry, Trust]:
    """Delete what is not in `entries`, and return the rest."""
    wanted = set(entries)
    trusts = list(Trust.objects.filter(robot=robot))
    gone = [trust.pk for trust in trusts if trust.entry not in wanted]
    Trust.objects.filter(pk__in=gone).delete()
    return {trust.entry: trust for trust in trusts if trust.entry in wanted}


def _place(robot: Robot, entries: Sequence[Entry], kept: dict[Entry, Trust]) -> None:
    """Add the entries that are new, and give each one its place."""
    moved, new = [], []
    for position, entry in enumerate(entries):
        trust = kept.get(entry)
        if trust is None:
            new.append(Trust.of(robot, entry, position))
        elif trust.position != position:
            trust.position = position
            moved.append(trust)
    Trust.objects.bulk_update(moved, ["position"])
    Trust.objects.bulk_create(new)
