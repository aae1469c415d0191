"""Audit events by webhook: signed posts to the receivers that AUDIT_SHIP names."""

import time
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils import timezone

from quaysite.signed_posts import PostFailed, post_signed, url_issue
from robots import conf
from robots.audit_chain.lines import SealedEvent
from robots.audit_shipping.destinations import Destination
from robots.audit_shipping.errors import ShippingFailed
from robots.audit_shipping.shipping import send_by

_HEADERS = {"Content-Type": "application/x-ndjson"}
_PAUSES = (0.2, 1.0)
"""Seconds before the second and the third try."""


def send(to: Destination, events: Sequence[SealedEvent]) -> None:
    """Returns when the receiver answered 2xx. Raises ShippingFailed after 3 tries."""
    body = "".join(f"{event.line()}\n" for event in events).encode()
    for pause in _PAUSES:
        try:
            return _post(to.url, body)
        except ShippingFailed:
            time.sleep(pause)
    return _post(to.url, body)


def _post(url: str, body: bytes) -> None:
    secrets = conf.audit_ship_secrets()
    if not secrets:
        raise ShippingFailed("AUDIT_SHIP_SECRET is not set")
    try:
        post_signed(url, body, _HEADERS, secrets=secrets, at=timezone.now())
    except PostFailed as failed:
        raise ShippingFailed(failed.reason) from None


@register()
def check_urls(**kwargs: Any) -> list[CheckMessage]:
    """What `send` would refuse is told at the start. The URL may hold a secret."""
    found: list[CheckMessage] = []
    for place, url in enumerate(conf.audit_ship(), 1):
        issue = url_issue(url) if url.startswith(("https://", "http://")) else None
        if issue:
            told = f"AUDIT_SHIP: number {place}: {issue}."
            found.append(Error(told, id="quaysite.E009"))
    return found


send_by("https", send)
send_by("http", send)
