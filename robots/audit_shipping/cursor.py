"""Who ships to a destination, and how far they came.

A lease, not a lock: a transaction that stayed open while another host is talked to
would hold up SQLite's writers. Whoever dies is followed by another server when its
lease is over; whoever was only slow finds that it has lost it, and stops.
"""

import secrets
from datetime import timedelta

from django.db import router
from django.db.models import Q
from django.utils import timezone

from robots.models import AuditShipment

LEASE = timedelta(seconds=60)


class Cursor:
    """One destination's place; every method is one statement of its own."""

    def __init__(self, key: str) -> None:
        alias = router.db_for_write(AuditShipment)
        self._key = key
        self._rows = AuditShipment.objects.using(alias).filter(destination=key)
        self._mine = secrets.token_hex(16)

    def lease(self) -> int | None:
        """The last event that was shipped; None while somebody else ships."""
        row, _ = self._rows.get_or_create(destination=self._key)
        now = timezone.now()
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
        # Only what is taken tells who is next: the row may have moved on meanwhile.
        if not self._rows.filter(free).update(
            lease=self._mine, leased_until=now + LEASE
        ):
            return None
        row.refresh_from_db()
        return row.last_event

    def move(self, last_event: int) -> bool:
        """Note what was shipped; False if the lease was lost, with nothing noted."""
        until = timezone.now() + LEASE
        held = self._rows.filter(lease=self._mine)
        return bool(held.update(last_event=last_event, leased_until=until))

    def release(self) -> None:
        held = self._rows.filter(lease=self._mine)
        held.update(lease="", leased_until=None)
