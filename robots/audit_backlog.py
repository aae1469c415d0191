"""How far sealing and shipping are behind what is written, for whoever watches.

Cheap however far that is: both read the events after one id, and count so many of them.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from robots import conf
from robots.audit_shipping.destinations import DestinationInvalid, destination
from robots.models import AuditEvent, AuditSeal, AuditShipment

MOST = 10_000
"""Events that are counted; more are as bad."""


class Backlog(NamedTuple):
    """Events that wait, MOST at most, and since when the oldest of them does."""

    events: int
    age: timedelta


def unsealed(now: datetime) -> Backlog:
    """Events that no seal covers yet."""
    seals = AuditSeal.objects.order_by("-number").values_list("last_event", flat=True)
    return _after(seals.first() or 0, now)


def unshipped(now: datetime) -> list[Backlog]:
    """Events, sealed or not, that each destination of AUDIT_SHIP has yet to get."""
    keys = [_key(url) for url in conf.audit_ship()]
    if not keys:
        return []
    rows = AuditShipment.objects.filter(destination__in=filter(None, keys))
    places = dict(rows.values_list("destination", "last_event"))
    return [_after(places.get(key, 0), now) for key in keys]


def _key(url: str) -> str:
    """Of the destination's row; empty for a URL that a system check refuses."""
    try:
        return destination(url).key
    except DestinationInvalid:
        return ""


def _after(event: int, now: datetime) -> Backlog:
    waiting = AuditEvent.objects.filter(pk__gt=event).order_by("pk")
    oldest = waiting.values_list("created_at", flat=True).first()
    if oldest is None:
        return Backlog(0, timedelta())
    return Backlog(waiting[:MOST].count(), max(now - oldest, timedelta()))
