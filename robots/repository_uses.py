"""Which robot or person used which repository for what: collected in memory.

A use is an action that a registry token was issued for, or one that a registry told
of. It waits in the process and is written with the last uses, every
USAGE_FLUSH_SECONDS; a process that is killed loses what waited.
"""

import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import combinations

from django.db import IntegrityError, transaction
from django.utils import timezone

from robots.decision import Decision
from robots.identity import Identity, Kind
from robots.models.uses import USED_ACTIONS
from robots.outage import OUTAGES, is_outage
from robots.repository_use_rows import Use, write
from robots.roles import Action
from robots.usage import usage

logger = logging.getLogger(__name__)

MAX_WAITING = 100_000
"""Uses that wait for a flush at most, some 30 MB; further ones are dropped."""

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

_Noted = tuple[str, int, int, tuple[str, ...]]
"""The kind of the caller, the keys of the repository and of the caller, and what was
done at once, as it is noted with each request."""

_Key = tuple[str, int, int, str]
"""The same of one action, as it is written.
Uses are written in this order everywhere, so that processes never wait in a ring."""

_Span = tuple[datetime, datetime]
"""When the key was used first and last, of what waits."""


class RepositoryUses:
    """The uses of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[_Noted, _Span] = {}
        self._dropped = 0

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
            self._add((kind.value, repository_id, caller_id, (action,)), when)
        usage.wake()

    def note_granted(
        self, identity: Identity, decisions: Iterable[Decision], now: datetime
    ) -> None:
        """Remember what is granted of repositories that exist; nobody's is nothing."""
        if identity.id is None:
            return
        kind, caller_id = identity.kind.value, identity.id
        with self._lock:
            for decision in decisions:
                repository_id = decision.repository_id
                actions = _USED[decision.granted]
                if repository_id is not None and actions:
                    self._add((kind, repository_id, caller_id, actions), now)
        usage.wake()

    def flush(self) -> None:
        """Write what waits. What an outage keeps from it waits for the next time."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            dropped, self._dropped = self._dropped, 0
        if dropped:
            logger.warning("%d uses of repositories dropped: too many waited", dropped)
        spans = _of_each_action(waiting)
        keys = sorted(spans)
        for start in range(0, len(keys), _BATCH):
            batch = {key: spans[key] for key in keys[start : start + _BATCH]}
            if not _written(batch):
                rest = {key: spans[key] for key in keys[start:]}
                self._keep(rest)
                return

    def _add(self, key: _Noted, when: datetime) -> None:
        """Under the lock."""
        span = self._waiting.get(key)
        if span is None:
            if len(self._waiting) < MAX_WAITING:
                self._waiting[key] = (when, when)
            else:
                self._dropped += 1
            return
        first, last = span
        if when > last:
            self._waiting[key] = (first, when)
        elif when < first:
            self._waiting[key] = (when, last)

    def _keep(self, uses: Mapping[_Key, _Span]) -> None:
        with self._lock:
            for (kind, repository_id, caller_id, action), span in uses.items():
                first, last = span
                key = (kind, repository_id, caller_id, (action,))
                self._add(key, first)
                self._add(key, last)


def _of_each_action(waiting: Mapping[_Noted, _Span]) -> dict[_Key, _Span]:
    spans: dict[_Key, _Span] = {}
    for (kind, repository_id, caller_id, actions), span in waiting.items():
        for action in actions:
            key = (kind, repository_id, caller_id, action)
            first, last = spans.get(key, span)
            spans[key] = (min(first, span[0]), max(last, span[1]))
    return spans


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
