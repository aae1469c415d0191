"""Syslog messages (RFC 5424) over TCP (RFC 6587), UDP (RFC 5426) or a local socket."""

import re
import socket
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from robots.audit_chain.lines import SealedEvent
from robots.audit_shipping.destinations import Destination
from robots.audit_shipping.errors import ShippingFailed

SECONDS = 5.0
"""For a connection, and for each part of the conversation."""

MAX_DATAGRAM = 8_000
"""Bytes; a longer message is sent without its facts."""

_PRIORITY = 13 * 8 + 5
"""Facility "log audit", severity "notice" (RFC 5424, 6.2.1)."""

_MAX_KIND = 32
"""Characters of a MSGID (RFC 5424, 6)."""

_NOT_IN_MSGID = re.compile(r"[^!-~]")
"""A line break, which only an intruder in the database writes, would begin a message
wherever messages are lines."""


def send(to: Destination, events: Sequence[SealedEvent]) -> None:
    """Over TCP it returns when the receiver has read all; else when it is sent.

    Raises ShippingFailed.
    """
    try:
        if to.channel == "syslog":
            _send_stream(to, events)
        else:
            _send_datagrams(to, events)
    except OSError as error:
        raise ShippingFailed(error.strerror or type(error).__name__) from None


def message(event: SealedEvent, text: str) -> bytes:
    """One message without its frame; `text` is JSON, which is ASCII."""
    columns = event.columns or {}
    at = columns.get("created_at")
    # "-" is what RFC 5424 writes for a value that is not known.
    when = _timestamp(at) if isinstance(at, datetime) else "-"
    kind = _NOT_IN_MSGID.sub("?", str(columns.get("kind") or "-"))[:_MAX_KIND]
    host = socket.gethostname() or "-"
    return f"<{_PRIORITY}>1 {when} {host} quaysite - {kind} - {text}".encode()


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _send_stream(to: Destination, events: Sequence[SealedEvent]) -> None:
    line = socket.create_connection((to.host, to.port), timeout=SECONDS)
    with closing(line):
        for event in events:
            text = message(event, event.line())
            line.sendall(b"%d %s" % (len(text), text))
        # Syslog confirms nothing. A receiver that saw the end of what we sent, and
        # closes in turn, has read all before it; one that died resets instead. One
        # that ends its own side early deceives us: docs/audit.md says so.
        line.shutdown(socket.SHUT_WR)
        until = time.monotonic() + SECONDS
        while line.recv(4096):
            if time.monotonic() >= until:
                raise ShippingFailed("it goes on talking")


def _send_datagrams(to: Destination, events: Sequence[SealedEvent]) -> None:
    with closing(_datagram_socket(to)) as line:
        for event in events:
            text = message(event, event.line())
            if len(text) > MAX_DATAGRAM:
                text = message(event, event.short_line())
            line.send(text)


def _datagram_socket(to: Destination) -> socket.socket:
    if to.channel == "syslog+unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address: object = to.path
    else:
        family, kind, protocol, _, address = socket.getaddrinfo(
            to.host, to.port, type=socket.SOCK_DGRAM
        )[0]
        line = socket.socket(family, kind, protocol)
    try:
        line.settimeout(SECONDS)
        line.connect(address)  # type: ignore[arg-type]
    except BaseException:
        line.close()
        raise
    return line
