"""Appending to a file. It is opened for each batch, so logrotate may move it away."""

import os
import stat
from collections.abc import Sequence

from robots.audit_chain.lines import SealedEvent
from robots.audit_shipping.destinations import Destination
from robots.audit_shipping.errors import ShippingFailed

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK


def send(to: Destination, events: Sequence[SealedEvent]) -> None:
    """Returns when the disk has them. Raises ShippingFailed."""
    text = "".join(f"{event.line()}\n" for event in events).encode()
    try:
        file = os.open(to.path, _FLAGS, 0o600)
        try:
            _append(file, text)
        finally:
            os.close(file)
    except OSError as error:
        raise ShippingFailed(error.strerror or type(error).__name__) from None


def _append(file: int, text: bytes) -> None:
    found = os.fstat(file)
    # A named pipe would block, or forget.
    if not stat.S_ISREG(found.st_mode):
        raise ShippingFailed("it is not a regular file")
    # Whoever was killed, or ran out of space, may have left a part of a line.
    if found.st_size and os.pread(file, 1, found.st_size - 1) != b"\n":
        text = b"\n" + text
    while text:
        text = text[os.write(file, text) :]
    os.fsync(file)
