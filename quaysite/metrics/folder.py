"""The folder in which the workers of one server tell each other what they counted.

Plain files that are replaced whole, and not the memory-mapped ones that
prometheus_client has for it: where the disk is full, writing to those kills the process
(SIGBUS), and this merely fails. Each server has a folder of its own, and holds a lock
in it for as long as any of its processes lives; so folders that nobody holds are those
of servers that are gone.
"""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

VARIABLE = "QUAYSITE_METRICS_FOLDER"
"""Tells workers their server's folder, however they were started."""

_HELD = "held"
_LOCK = ".lock"


def open_folder(root: Path) -> Path:
    """A new folder of this server below `root`; those of servers that are gone go.

    Raises OSError where there can be none.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(root):
        for folder in root.iterdir():
            if folder.is_dir() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
        name = f"{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"
        folder = root / name
        folder.mkdir(mode=0o700)
        _hold(folder)
    os.environ[VARIABLE] = str(folder)
    return folder


def own_folder() -> Path | None:
    """The folder of the server that this process works for, if it does for any."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have what is in the folder for oneself meanwhile. Raises OSError."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, content: bytes) -> None:
    """Write a file that is there whole or as it was. Raises OSError."""
    draft = path.with_suffix(".draft")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def _hold(folder: Path) -> None:
    """Lock it until the last process that has the descriptor ends.

    It is kept open on purpose: children that are forked have it too.
    """
    descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_left(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / _HELD, os.O_RDWR)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
