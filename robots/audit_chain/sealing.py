"""Extending the chain by the events that nobody sealed yet.

Events are read and hashed outside of any transaction, and the seal is one INSERT: of
several that seal at once, the first one wins and the others begin again after it. So
there is no lock to take, none to lose, and nothing to mend after a kill.
"""

import time
from itertools import islice

from django.db import IntegrityError, router, transaction
from django.utils import timezone

from robots.audit_chain import reading
from robots.audit_chain.findings import Head
from robots.audit_chain.seals import Covered, is_ours, is_whole, made
from robots.audit_chain.watermark import Watermark
from robots.errors import DomainError
from robots.models import AuditSeal

SIZE = 1_000
"""Events of one seal, at most."""


class ChainBroken(DomainError):
    """The last seal is not one of ours, or the one that was seen before is gone: to go
    on would be to vouch for what there is.
    """


class Sealer:
    """Seals on the database that is written to.

    It remembers the last seal that it saw. Whoever deletes that one, to have other
    seals made of what they changed, has to wait until no server remembers it.
    """

    def __init__(self) -> None:
        self.alias = router.db_for_write(AuditSeal)
        self.watermark = Watermark(self.alias)
        self._seen: Head | None = None

    def seal(
        self,
        *,
        seconds: float | None = None,
        patience: float = 0.0,
        accepted: str | None = None,
    ) -> int:
        """Seal what is decided; how many events. Stops begun work after `seconds`.

        `patience` is how long to wait for those who are writing. `accepted` names a
        last seal (`number:hash`) that is extended whatever key made it. Raises
        ChainBroken, and django.db's errors.
        """
        until = None if seconds is None else time.monotonic() + seconds
        up_to = self.watermark.decided(patience)
        sealed = 0
        while until is None or time.monotonic() < until:
            last = self.last(accepted)
            after = last.last_event if last else 0
            found = islice(reading.events(self.alias, after, up_to), SIZE)
            leaves = [(event.pk, event.digest) for event in found]
            if not leaves:
                break
            if self.add(made(last, Covered(leaves), timezone.now())):
                sealed += len(leaves)
        return sealed

    def last(self, accepted: str | None = None) -> AuditSeal | None:
        """The last seal, without its leaves. Raises ChainBroken."""
        last = self._last()
        self._check_seen(last)
        if last is None:
            return None
        by_us = is_ours(last)
        if is_whole(last) and (by_us or (by_us is None and str(last) == accepted)):
            self._seen = Head(last.number, last.hash)
            return last
        if is_whole(last) and by_us is None:
            raise ChainBroken(
                f"The key of the last audit seal, {last}, is not in ROBOTS_SECRET_KEYS."
                " Put it back at the end of the list, or read docs/audit.md."
            )
        raise ChainBroken(
            f"The last audit seal, number {last.number}, was changed."
            " Run verify_audit, and read docs/audit.md."
        )

    def _check_seen(self, last: AuditSeal | None) -> None:
        seen = self._seen
        if seen is None or (last and (last.number, last.hash) == seen):
            return
        seals = AuditSeal.objects.using(self.alias)
        if not seals.filter(number=seen.number, hash=seen.hash).exists():
            raise ChainBroken(
                f"Audit seal {seen.number}:{seen.hash} is there no more. Read"
                " docs/audit.md. Servers that are started anew go on without it."
            )

    def _last(self) -> AuditSeal | None:
        seals = AuditSeal.objects.using(self.alias).defer("leaves")
        try:
            return seals.order_by("-number").first()
        except reading.NOT_READ as error:
            if not reading.is_unreadable(error):
                raise
            raise ChainBroken(
                "The last audit seal cannot be read. Run verify_audit, and read"
                " docs/audit.md."
            ) from None

    def add(self, seal: AuditSeal) -> bool:
        """False if somebody else sealed those events meanwhile."""
        try:
            with transaction.atomic(using=self.alias):
                seal.save(using=self.alias, force_insert=True)
        except IntegrityError:
            seals = AuditSeal.objects.using(self.alias)
            if not seals.filter(number=seal.number).exists():
                raise
            return False
        return True
