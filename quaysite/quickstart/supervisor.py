"""Watch servers until one of them ends, or somebody asks for the end."""

import errno
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from quaysite.quickstart.child import Child

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_STDOUT = 1

_PAUSE = 0.2
"""Seconds between two looks at the servers."""


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the signals that ask for the end into StopRequested, the first time.

    From then on they are ignored: an impatient second Ctrl-C leaves no server behind.
    """
    # A SIGHUP that is ignored from the start is nohup's wish.
    before = {
        number: signal.signal(number, _request_stop)
        for number in _SIGNALS
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_stop_signals() -> None:
    """Let nothing interrupt the stopping of servers."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _request_stop(number: int, frame: FrameType | None) -> None:
    ignore_stop_signals()
    raise StopRequested


def wait_for_end(children: Sequence[Child]) -> Child:
    """The first of the servers that ends.

    Raises StopRequested when the terminal goes: its SIGHUP reaches `make`, which
    does not pass it on.
    """
    while not _terminal_is_gone():
        for child in children:
            if child.exit_code() is not None:
                return child
        time.sleep(_PAUSE)
    raise StopRequested


def _terminal_is_gone() -> bool:
    """Whether standard output was a terminal that has been closed."""
    try:
        os.get_terminal_size(_STDOUT)
    except OSError as error:
        return error.errno == errno.EIO  # where there never was one: ENOTTY
    return False
