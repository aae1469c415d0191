"""A robot's trusts: set, added, changed, removed. What they let in ends with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from federation import trust_facts
from federation.entries import Entry, check_count, check_entries
from federation.errors import TrustInvalid
from federation.models import Trust, columns
from federation.pairs import Wanted, whole
from federation.policy import check_allowed
from robots import audit
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.models import Robot, RobotToken

_WHO_MAY_ENTER = frozenset(
    {
        "issuer",
        "subject",
        "subject_match",
        "ignore_case",
        "audiences",
        "conditions",
        "max_age",
        "single_use",
        "keys",
    }
)
"""What was let in by another of these is not let in by the trust as it is now."""

CHANGED_MEANWHILE = (
    "Somebody else changed this trust meanwhile, and nothing of yours was stored:"
    " look at it as it is now, then change it"
)


def set_trusts(
    robot: Robot, wanted: Sequence[Wanted], by: Performer
) -> Sequence[Entry]:
    """Make these the robot's trusts, in this order, in place of those it had.

    One that stays as it was keeps its row, and so what hangs on it. Answers what is
    stored: pairs may stand for more. Raises DomainError for what cannot be, NotFound
    if the robot is gone.
    """
    with _changing(robot) as held:
        entries = whole(wanted, [trust.entry for trust in held])
        check_entries(entries)
        known = {_exactly(trust.entry) for trust in held}
        # What is there already need not pass rules that came later.
        check_allowed([entry for entry in entries if _exactly(entry) not in known])
        kept = _remove_others(held, entries)
        _place(robot, entries, kept, by)
        audit.record(
            "create_robot_federation",
            by,
            robot.namespace,
            config=[trust_facts.of(entry) for entry in entries],
            robot=robot.name,
        )
    return entries


def clear_trusts(robot: Robot, by: Performer) -> None:
    """Take away every trust; there may be none. NotFound if the robot is gone."""
    with _changing(robot) as held:
        _delete(held)
        audit.record("delete_robot_federation", by, robot.namespace, robot=robot.name)


def add_trust(robot: Robot, entry: Entry, by: Performer) -> Trust:
    """Add one trust after the others. Raises as `add_trusts` does."""
    return add_trusts(robot, [entry], by)[0]


def add_trusts(robot: Robot, entries: Sequence[Entry], by: Performer) -> list[Trust]:
    """Add trusts after the others: all of them, or none.

    Raises TrustInvalid for what cannot be or has ended already, AlreadyExists for
    who is let in by another trust, NotFound if the robot is gone.
    """
    check_allowed(entries)
    with _changing(robot) as held:
        trusts = _planned(robot, held, entries, by)
        for trust in trusts:
            trust.save(force_insert=True)
            _record("add_robot_trust", trust, by, **trust_facts.of(trust.entry))
    return trusts


def plan_trusts(robot: Robot, entries: Sequence[Entry], by: Performer) -> list[Trust]:
    """What `add_trusts` would store now, or raise. Nothing is stored."""
    check_allowed(entries)
    return _planned(robot, list(Trust.objects.filter(robot=robot)), entries, by)


def change_trust(
    trust: Trust, entry: Entry, by: Performer, *, seen: int | None = None
) -> Trust:
    """Make a trust say `entry`; answers the new row.

    `seen` is the revision that whoever wrote `entry` had before them. Raises
    TrustInvalid, AlreadyExists, NotFound if it is gone, or DomainError if it says
    something else since then.
    """
    return _revise(trust, lambda before: entry, by, seen)


def revise_trust(trust: Trust, by: Performer, **fields: Any) -> Trust:
    """Change some fields of what a trust says now, as `change_trust` does.

    Keys are those of one issuer: another one needs its own.
    """
    return _revise(trust, lambda before: _revised(before, fields), by)


def set_trust_enabled(trust: Trust, enabled: bool, by: Performer) -> Trust:
    """Let a trust count, or shut out at once whom it let in."""
    return revise_trust(trust, by, enabled=enabled)


def remove_trust(trust: Trust, by: Performer) -> None:
    """Delete a trust, and shut out at once whom it let in. NotFound if it is gone."""
    with _changing(trust.robot) as held:
        found = _found(held, trust)
        _delete([found])
        later = Trust.objects.filter(
            robot_id=found.robot_id, position__gt=found.position
        )
        later.update(position=F("position") - 1)
        found.robot = trust.robot
        _record("remove_robot_trust", found, by, **trust_facts.of(found.entry))


@contextmanager
def _changing(robot: Robot) -> Iterator[list[Trust]]:
    """The robot's trusts, locked. What is done to them is done whole, or not at all.

    The robot's row comes first: changes of its trusts wait for each other, and its
    deletion for them. An exchange holds the row of its trust until its token is
    there to be found, so whoever has these rows sees every token.
    """
    try:
        with transaction.atomic():
            rows = Robot.objects.select_for_update(no_key=True)
            if rows.filter(pk=robot.pk).first() is None:
                raise NotFound("Could not find robot with specified username")
            yield list(Trust.objects.select_for_update().filter(robot=robot))
    except IntegrityError:
        raise DomainError("The robot account was changed meanwhile") from None


def _found(held: Sequence[Trust], trust: Trust) -> Trust:
    for row in held:
        if row.pk == trust.pk:
            return row
    raise NotFound(f"There is no trust {trust.pk}")


def _planned(
    robot: Robot, held: Sequence[Trust], entries: Sequence[Entry], by: Performer
) -> list[Trust]:
    """Rows that are not stored yet, after those that the robot has."""
    check_count(len(held) + len(entries))
    for entry in entries:
        _check_end(entry, timezone.now())
        _check_new(held, entry)
    return [
        Trust.of(robot, entry, position, by.name)
        for position, entry in enumerate(entries, start=len(held))
    ]


def _check_end(entry: Entry, now: datetime) -> None:
    if entry.expires_at is not None and entry.expires_at <= now:
        raise TrustInvalid("expires_at: must be in the future")


def _check_new(held: Sequence[Trust], entry: Entry) -> None:
    for row in held:
        if row.digest == entry.digest:
            raise AlreadyExists(f"Trust {row.pk} of this robot lets in the same")


def _revise(
    trust: Trust,
    change: Callable[[Entry], Entry],
    by: Performer,
    seen: int | None = None,
) -> Trust:
    with _changing(trust.robot) as held:
        row = _found(held, trust)
        if seen not in (None, row.revision):
            raise DomainError(CHANGED_MEANWHILE)
        row.robot = trust.robot
        before = row.entry
        after = change(before)
        changed = trust_facts.differences(before, after)
        if changed:
            _check_change(after, changed)
            _check_new([other for other in held if other is not row], after)
            _store(row, after)
            _end_tokens(row, changed)
            _record(_kind(changed, after), row, by, changes=changed)
    return row


def _revised(before: Entry, fields: Mapping[str, Any]) -> Entry:
    after = replace(before, **fields)
    if before.keys and before.issuer != after.issuer and "keys" not in fields:
        raise TrustInvalid("keys: are those of the issuer before; send keys as well")
    return after


def _check_change(after: Entry, changed: dict[str, Any]) -> None:
    """To switch a trust off is allowed whatever it says: rules may be newer than it."""
    if after.enabled or set(changed) != {"enabled"}:
        check_allowed([after])


def _store(row: Trust, entry: Entry) -> None:
    row.say(entry)
    row.save(update_fields=[*columns(entry), "revision"])


def _kind(changed: dict[str, Any], after: Entry) -> str:
    if set(changed) == {"enabled"}:
        return "enable_robot_trust" if after.enabled else "disable_robot_trust"
    return "change_robot_trust"


def _end_tokens(row: Trust, changed: dict[str, Any]) -> None:
    """End what the trust would not let in any more, and nothing else."""
    tokens = RobotToken.objects.filter(federated__trust=row)
    if not row.enabled or _WHO_MAY_ENTER & changed.keys():
        tokens.delete()
    elif row.expires_at is not None:
        tokens.filter(expires_at__gt=row.expires_at).update(expires_at=row.expires_at)


def _delete(trusts: Sequence[Trust]) -> None:
    """Delete trusts with their tokens, which the database alone would leave."""
    keys = [trust.pk for trust in trusts]
    RobotToken.objects.filter(federated__trust__in=keys).delete()
    Trust.objects.filter(pk__in=keys).delete()


def _record(kind: str, trust: Trust, by: Performer, **facts: Any) -> None:
    robot = trust.robot
    audit.record(
        kind,
        by,
        robot.namespace,
        robot=robot.name,
        trust=trust.pk,
        trust_name=trust.name,
        **facts,
    )


def _exactly(entry: Entry) -> tuple[Entry, str]:
    """Two entries are one only if they are in this: Python takes 1 for true."""
    return entry, repr(entry.conditions)


def _remove_others(
    held: Sequence[Trust], entries: Sequence[Entry]
) -> dict[tuple[Entry, str], Trust]:
    """Delete what is not in `entries`, and return the rest."""
    wanted = {_exactly(entry) for entry in entries}
    kept = {_exactly(trust.entry): trust for trust in held}
    _delete([trust for exact, trust in kept.items() if exact not in wanted])
    return {exact: trust for exact, trust in kept.items() if exact in wanted}


def _place(
    robot: Robot,
    entries: Sequence[Entry],
    kept: dict[tuple[Entry, str], Trust],
    by: Performer,
) -> None:
    """Add the entries that are new, and give each one its place."""
    moved, new = [], []
    for position, entry in enumerate(entries):
        trust = kept.get(_exactly(entry))
        if trust is None:
            new.append(Trust.of(robot, entry, position, by.name))
        elif trust.position != position:
            trust.position = position
            moved.append(trust)
    Trust.objects.bulk_update(moved, ["position"])
    Trust.objects.bulk_create(new)
