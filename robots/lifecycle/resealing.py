"""Bringing sealed secrets to the current root key, while everybody logs in with them.

Each row changes its digest and its copy in one statement, and every root key is
accepted before and after, so there is no moment at which a right secret is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from robots import audit, keyring
from robots.audit import Performer
from robots.batches import pieces
from robots.kept_secrets import Kept, KeptRow, walk
from robots.models import AuditEvent

BEGUN = "begin_resealing"
ENDED = "end_resealing"

BATCH = 200
"""Rows that are read at once, and changed by one transaction: whoever wants to change
one of them, as by writing its last use, waits for that long at most."""

_ROUNDS = 3
"""How often a row is tried that somebody else is just changing."""


@dataclass
class Resealed:
    """What became of the rows of one table: how many, or their primary keys."""

    renewed: int = 0
    busy: list[int] = field(default_factory=list)
    """Somebody else was changing them for as long as they were tried."""

    lost: list[int] = field(default_factory=list)
    """No root key opens them; they are as they were."""

    taken: list[int] = field(default_factory=list)
    """Another row has the same secret, under the current key; they are as they were."""

    def add(self, other: "Resealed") -> None:
        self.renewed += other.renewed
        self.busy += other.busy
        self.lost += other.lost
        self.taken += other.taken

    @property
    def is_whole(self) -> bool:
        return not (self.busy or self.lost or self.taken)


def reseal(kept: Kept, total: Resealed, size: int = BATCH) -> Iterator[int]:
    """Go through one table, noting in `total` what becomes of its rows.

    Gives after each batch how many rows it had; the caller may rest meanwhile. However
    it ends, what is done is done, and the next time only the rest is changed.
    """
    for batch in walk(kept, timezone.now(), size, sealed=True):
        _go_on(kept, [row.pk for row in batch if _is_older(row)], total)
        yield len(batch)
    for _ in range(_ROUNDS):
        again, total.busy = total.busy, []
        for some in pieces(again, size):
            _go_on(kept, some, total)
            yield 0


def record_begin(by: Performer, counts: dict[str, int]) -> None:
    """Tell the audit that a run begins, and how many rows it is to change, by table.

    One that has nothing to do is told only if it is the first under the current key.
    """
    if any(counts.values()) or begun_last() is None:
        _record(BEGUN, by, rows=counts)


def record_end(by: Performer, found: dict[str, Resealed]) -> None:
    """Tell the audit what a run did, whether it came to its end or not."""
    counts = {
        name: {
            "renewed": one.renewed,
            "busy": len(one.busy),
            "lost": len(one.lost),
            "taken": len(one.taken),
        }
        for name, one in found.items()
    }
    _record(ENDED, by, rows=counts)


def begun_last() -> datetime | None:
    """When the last run began, if that was under the key that is the current one.

    Every server had put that key first by then, if the procedure was followed: nothing
    was signed with an older one since.
    """
    last = AuditEvent.objects.filter(kind=BEGUN).order_by("-id").first()
    if last is None or last.facts["current_key"] != keyring.current_key_id():
        return None
    return last.created_at


def _record(kind: str, by: Performer, **facts: object) -> None:
    current, *older = keyring.key_ids()
    audit.record(kind, by, None, current_key=current, older_keys=older, **facts)


def _is_older(row: KeptRow) -> bool:
    """Whether there may be something to do; a row that no key opens is to be told."""
    opened = row.opened()
    return opened is None or not row.is_current(opened)


def _go_on(kept: Kept, keys: Sequence[int], total: Resealed) -> None:
    if not keys:
        return
    try:
        done = _renewed(kept, keys)
    except IntegrityError:
        for key in keys:
            _alone(kept, key, total)
    else:
        total.add(done)


def _alone(kept: Kept, key: int, total: Resealed) -> None:
    try:
        done = _renewed(kept, [key])
    except IntegrityError:
        total.taken.append(key)
    else:
        total.add(done)


def _renewed(kept: Kept, keys: Sequence[int]) -> Resealed:
    """All of them in one transaction; IntegrityError, with none, if one is taken."""
    done = Resealed()
    with transaction.atomic():
        rows = kept.rows().filter(pk__in=keys)
        locked = kept.read(rows.select_for_update(skip_locked=True))
        for row in locked:
            _renew(kept, row, done)
        left = set(keys) - {row.pk for row in locked}
        done.busy = sorted(rows.filter(pk__in=left).values_list("pk", flat=True))
    return done


def _renew(kept: Kept, row: KeptRow, done: Resealed) -> None:
    if row.sealed is None:
        return  # It was given an end meanwhile, and is not to be read again.
    opened = row.opened()
    if opened is None:
        done.lost.append(row.pk)
    elif not row.is_current(opened):
        done.renewed += kept.unchanged(row).update(**kept.renewed(row, opened))
