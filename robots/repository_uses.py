"""Which robot or person used which repository for what: collected in memory.

A use is an action that a registry token was issued for, or one that a registry told
of. It waits in the process and is written with the last uses, every
USAGE_FLUSH_SECONDS; a process that is killed loses what waited. A request that
comes again within minutes is not noted again (`robots.recent_uses`).
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, combinations

from django.db import IntegrityError, transaction
from django.utils import timezone

from robots.batches import pieces
from robots.decision import Decision
from robots.identity import Identity, Kind
from robots.models.uses import USED_ACTIONS
from robots.outage import OUTAGES, is_outage
from robots.recent_uses import RecentUses
from robots.repository_use_rows import Use, write
from robots.roles import Action
from robots.usage import usage

logger = logging.getLogger(__name__)

MAX_WAITING = 100_000
"""Uses that wait for a flush at most, some 15 MB; further ones are dropped."""

ENOUGH = 20_000
"""Uses that are written before USAGE_FLUSH_SECONDS are over: 3 MB are no burden, the
memory of a busy process stays what it is, and a kill loses less.
"""

_BATCH = 1_000
"""Uses of one statement and transaction."""

_NAMES = {
    Action.PULL: "pull",
    Action.PUSH: "push",
    Action.ALL: "delete",
    Action.DELETE: "delete",
}
"""What a granted action counts as. Who is given everything may delete."""

_USED = {
    frozenset(granted): tuple(sorted({_NAMES[action] for action in granted}))
    for size in range(len(Action) + 1)
    for granted in combinations(Action, size)
}
"""The uses of each set of granted actions: to hash an action is slow."""

_Sort = tuple[str, tuple[str, ...]]
"""The kind of the caller and what was done at once, as each request notes it."""

_KEY_BITS = 64
_CALLER = (1 << _KEY_BITS) - 1
"""A repository's key and a caller's are kept as one number: two numbers and a tuple
of them take four times the memory."""

_Key = tuple[str, int, int, str]
"""The same of one action, as it is written.
Uses are written in this order everywhere, so that processes never wait in a ring."""

_Span = tuple[datetime, datetime]
"""When the key was used first and last, of what waits."""

_Waiting = dict[_Sort, dict[int, datetime | _Span]]
"""What waits; one moment stands for a use that was the first and the last."""


class RepositoryUses:
    """The uses of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: _Waiting = {}
        self._count = 0
        self._dropped = 0
        self._recent = RecentUses()

    def note(
        self,
        kind: Kind,
        caller_id: int,
        repository_id: int,
        action: str,
        when: datetime,
    ) -> None:
        """Remember that a robot or a person did `action` at `when`. Writes nothing.

        Raises ValueError for an action that is not in `USED_ACTIONS`: the database
        would refuse it later, with what is written together with it.
        """
        if action not in USED_ACTIONS:
            raise ValueError(f"{action!r} is not a use")
        with self._lock:
            before = self._count
            self._add((kind.value, (action,)), repository_id, caller_id, when)
        self._wake(before)

    def note_granted(
        self, identity: Identity, decisions: Iterable[Decision], now: datetime
    ) -> None:
        """Remember what is granted of repositories that exist; nobody's is nothing."""
        if identity.id is None:
            return
        kind, caller_id = identity.kind.value, identity.id
        used = [
            (decision.repository_id, _USED[decision.granted])
            for decision in decisions
            if decision.repository_id is not None
        ]
        request = (kind, caller_id, *used)
        with self._lock:
            before, dropped = self._count, self._dropped
            if not used or self._recent.has(request, now):
                return
            for repository_id, actions in used:
                if actions:
                    self._add((kind, actions), repository_id, caller_id, now)
            if self._dropped == dropped:
                self._recent.add(request, now)
        self._wake(before)

    def waiting(self) -> int:
        """How many uses are not written yet; several actions at a time are one."""
        return self._count

    def flush(self) -> None:
        """Write what waits. What an outage keeps from it waits for the next time."""
        with self._lock:
            waiting, self._waiting, self._count = self._waiting, {}, 0
            dropped, self._dropped = self._dropped, 0
        if dropped:
            logger.warning("%d uses of repositories dropped: too many waited", dropped)
        rows = _in_order(waiting)
        for batch in pieces(rows, _BATCH):
            if not _written(dict(batch)):
                self._keep(chain(batch, rows))

    def _wake(self, before: int) -> None:
        usage.wake()
        # Once: what an outage keeps back is not tried without a pause.
        if before < ENOUGH <= self._count:
            usage.hurry()

    def _add(
        self, sort: _Sort, repository_id: int, caller_id: int, when: datetime
    ) -> None:
        """Under the lock."""
        spans = self._waiting.setdefault(sort, {})
        key = repository_id << _KEY_BITS | caller_id
        known = spans.get(key)
        if known is not None:
            spans[key] = _wider(known, when)
        elif self._count < MAX_WAITING:
            spans[key] = when
            self._count += 1
        else:
            self._dropped += 1

    def _keep(self, rows: Iterable[tuple[_Key, _Span]]) -> None:
        with self._lock:
            for (kind, repository_id, caller_id, action), span in rows:
                for when in span:
                    self._add((kind, (action,)), repository_id, caller_id, when)


def _wider(known: datetime | _Span, when: datetime) -> datetime | _Span:
    """The span of `known` and one more moment."""
    first, last = _span(known)
    if first <= when <= last:
        return known
    return (min(first, when), max(last, when))


def _span(known: datetime | _Span) -> _Span:
    return known if isinstance(known, tuple) else (known, known)


def _in_order(waiting: _Waiting) -> Iterator[tuple[_Key, _Span]]:
    """Each use, and when it was. One after another: all together are many megabytes."""
    for kind in sorted({kind for kind, _ in waiting}):
        noted = [
            (what, spans) for (whose, what), spans in waiting.items() if whose == kind
        ]
        for keys in sorted(set().union(*(spans for _, spans in noted))):
            here = _of_each_action(
                (actions, _span(spans[keys]))
                for actions, spans in noted
                if keys in spans
            )
            for action in sorted(here):
                key = (kind, keys >> _KEY_BITS, keys & _CALLER, action)
                yield key, here[action]


def _of_each_action(
    spans: Iterable[tuple[tuple[str, ...], _Span]],
) -> dict[str, _Span]:
    found: dict[str, _Span] = {}
    for actions, span in spans:
        for action in actions:
            first, last = found.get(action, span)
            found[action] = (min(first, span[0]), max(last, span[1]))
    return found


def _written(batch: Mapping[_Key, _Span]) -> bool:
    """Whether the batch is done with; False in an outage.

    What the database will never take is dropped. A repository that is deleted just
    now fails the whole statement, and is passed over when it is tried again.
    """
    for _attempt in range(2):
        try:
            _write(batch)
        except IntegrityError as error:
            logger.info("uses of repositories refused: %s", type(error).__name__)
        except OUTAGES as error:
            logger.warning("uses of repositories not written: %s", type(error).__name__)
            if is_outage(error):
                return False
            break
        else:
            return True
    logger.warning("%d uses of repositories dropped: refused", len(batch))
    return True


def _write(batch: Mapping[_Key, _Span]) -> None:
    now = timezone.now()
    with transaction.atomic():
        for kind in (Kind.ROBOT, Kind.USER):
            rows = [
                Use(repository_id, caller_id, action, *span)
                for (its_kind, repository_id, caller_id, action), span in batch.items()
                if its_kind == kind.value
            ]
            if rows:
                write(kind, rows, now)


uses = RepositoryUses()
"""This process's uses."""

usage.also_flush(lambda: uses.flush())
