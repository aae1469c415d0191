"""Tokens of an older root key: after a login their digest is made with the current one.

Without a sealed copy nobody but its holder knows a token, so its digest can change at
no other time. The login itself writes nothing: the digests wait in the process, the
secret does not, and are written with the last uses, every USAGE_FLUSH_SECONDS. What a
killed process had not written is written after a later login.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, router, transaction
from django.db.models import Model

from robots import credentials, keyring
from robots.batches import pieces
from robots.credentials import Secret
from robots.outage import OUTAGES, is_outage
from robots.usage import usage

logger = logging.getLogger(__name__)

MAX_WAITING = 20_000
"""Logins that wait for a flush at most; others count the next time."""

MAX_SETTLED = 100_000
"""Tokens of which a process remembers that there is nothing left to do; some 20 MB."""

_BATCH = 500
"""Rows that are looked at by one statement."""

_Key = tuple[type[Model], int]


class _Shown(NamedTuple):
    """The digests of a secret that let somebody in, newest key first, and its id."""

    digests: Sequence[str]
    key_id: str


class _Row(NamedTuple):
    pk: int
    digest: str
    key_id: str
    sealed: Any


class OldDigests:
    """The logins of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[_Key, _Shown] = {}
        self._settled: set[str] = set()

    def note(self, model: type[Model], pk: int, secret: Secret) -> None:
        """Remember which digests the row may have that `secret` was right for.

        Of the secret itself nothing is kept. Does nothing while there is one root key.
        """
        if keyring.has_one_root():
            return
        digests = credentials.accepted_digests(secret)
        if digests[0] in self._settled:
            return
        with self._lock:
            if len(self._waiting) < MAX_WAITING:
                shown = _Shown(digests, keyring.current_key_id())
                self._waiting[model, pk] = shown
        usage.wake()

    def flush(self) -> None:
        """Write what waits, up to an outage. The rest waits for the next time."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for model, batch in _batches(waiting):
            try:
                self._settle(model, batch)
            except OUTAGES as error:
                logger.warning("digests not written: %s", type(error).__name__)
                if is_outage(error):
                    self._keep(waiting)
                    return
            for pk in batch:
                del waiting[model, pk]

    def _settle(self, model: type[Model], shown: Mapping[int, _Shown]) -> None:
        rows: Any = model._default_manager.using(router.db_for_write(model))
        found = rows.filter(pk__in=shown).order_by("pk")
        for row in map(_Row._make, found.values_list(*_Row._fields)):
            if _is_done(rows, row, shown[row.pk]):
                if len(self._settled) >= MAX_SETTLED:
                    self._settled = set()
                self._settled.add(shown[row.pk].digests[0])

    def _keep(self, waiting: Mapping[_Key, _Shown]) -> None:
        with self._lock:
            self._waiting = {**waiting, **self._waiting}


def _batches(
    waiting: Mapping[_Key, _Shown],
) -> Iterator[tuple[type[Model], dict[int, _Shown]]]:
    """What waits, by the primary key of one table at a time."""
    for model in {model: None for model, _ in waiting}:
        shown = {pk: what for (of, pk), what in waiting.items() if of is model}
        for batch in pieces(sorted(shown), _BATCH):
            yield model, {pk: shown[pk] for pk in batch}


def _is_done(rows: Any, row: _Row, shown: _Shown) -> bool:
    """Bring one row to the current key; False where it is left to `reseal`.

    Only the row as it was read is written: a token that was ended, replaced or given a
    new digest meanwhile stays as it is.
    """
    newest, key_id = shown.digests[0], shown.key_id
    if row.digest not in shown.digests:
        return True
    if row.digest == newest and row.key_id == key_id:
        return True
    if row.sealed is not None:
        # Its copy is bound to the digest; to make another takes the secret.
        return False
    same = rows.filter(pk=row.pk, digest=row.digest, sealed__isnull=True)
    try:
        with transaction.atomic(using=rows.db):
            same.update(digest=newest, key_id=key_id)
    except IntegrityError:
        # Two robots have one secret, each under another key: one of them is to have
        # a new token before the older key goes.
        logger.warning("a secret is that of two rows of %s", rows.model._meta.label)
    return True


old_digests = OldDigests()
"""This process's logins."""

usage.also_flush(lambda: old_digests.flush())
