"""Shipping what is sealed to every destination of AUDIT_SHIP."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import router

from robots import conf
from robots.audit_chain.lines import SealedEvent
from robots.audit_chain.sealed_events import sealed_events
from robots.audit_shipping import files, syslog
from robots.audit_shipping.cursor import Cursor
from robots.audit_shipping.destinations import (
    Channel,
    Destination,
    DestinationInvalid,
    destination,
)
from robots.audit_shipping.errors import ShippingFailed
from robots.batches import pieces
from robots.models import AuditSeal, AuditShipment

BATCH = 200
"""Events that are sent together; the cursor moves when all of them arrived."""

Send = Callable[[Destination, Sequence[SealedEvent]], None]

_SEND: dict[Channel, Send] = {
    "file": files.send,
    "syslog": syslog.send,
    "syslog+udp": syslog.send,
    "syslog+unix": syslog.send,
}
"""Webhooks are not here: who has a way to post says so (`send_by`)."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What went to one destination. `trouble` is why not all of it went; else empty."""

    to: str
    events: int = 0
    trouble: str = ""
    is_busy: bool = False


def send_by(channel: Channel, send: Send) -> None:
    """Let `send` bring events to the destinations of a channel.

    It returns when they have arrived, and raises ShippingFailed if they have not.
    """
    _SEND[channel] = send


def ship_all(seconds: float | None = None) -> list[Shipped]:
    """Ship to each destination what it has yet to get. Raises django.db's errors.

    No batch is begun after `seconds`. A destination that fails holds up no other.
    """
    until = None if seconds is None else time.monotonic() + seconds
    return [_ship(url, until) for url in conf.audit_ship()]


def unshipped(up_to: int) -> list[str]:
    """Destinations that have yet to get events up to this one, as they are shown."""
    behind = []
    for url in conf.audit_ship():
        to = destination(url)
        alias = router.db_for_write(AuditShipment)
        row = AuditShipment.objects.using(alias).filter(destination=to.key).first()
        if row is None or row.last_event < up_to:
            behind.append(to.shown)
    return behind


def _ship(url: str, until: float | None) -> Shipped:
    try:
        to = destination(url)
    except DestinationInvalid as error:
        return Shipped("AUDIT_SHIP", trouble=str(error))
    cursor = Cursor(to.key)
    after = cursor.lease()
    if after is None:
        return Shipped(to.shown, is_busy=True)
    try:
        return _send_after(to, cursor, after, until)
    finally:
        cursor.release()


def _send_after(
    to: Destination, cursor: Cursor, after: int, until: float | None
) -> Shipped:
    sent, send = 0, _SEND.get(to.channel)
    if send is None:
        return Shipped(to.shown, trouble="this site has no way to post")
    events = sealed_events(router.db_for_write(AuditSeal), after)
    for batch in pieces(events, BATCH):
        if until is not None and time.monotonic() >= until:
            break
        try:
            send(to, batch)
        except ShippingFailed as error:
            return Shipped(to.shown, sent, str(error))
        if not cursor.move(batch[-1].pk):
            return Shipped(to.shown, sent, "another server took over")
        sent += len(batch)
    return Shipped(to.shown, sent)
