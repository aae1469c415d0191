"""Text that a command is given in a file, or at its standard input."""

import sys
from pathlib import Path

from robots.errors import DomainError

STDIN = "-"


def text_of(option: str, name: str, longest: int) -> str:
    """What the file holds, or standard input for `-`; blanks at both ends are cut.

    Raises DomainError that names the option: if it cannot be read, is no text, or
    has more than `longest` bytes.
    """
    try:
        raw = _read(name, longest + 1)
        text = raw.decode()
    except OSError as error:
        raise DomainError(f"{option}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, KeyboardInterrupt):
        raise DomainError(f"{option}: cannot be read as text") from None
    if len(raw) > longest:
        raise DomainError(f"{option}: at most {longest} bytes")
    return text.strip()


def _read(name: str, size: int) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(size)
    with Path(name).open("rb") as file:
        return file.read(size)
