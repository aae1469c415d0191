"""What a run remembers on disk, so that the next one goes on where it ended.

JSON lines, each about what came of one organization. No secret is among them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from robots.errors import DomainError

_MODE = 0o600

_Line = Mapping[str, Any]


class Progress(Protocol):
    """Which organizations were finished by this run or one before it."""

    def outcome(self, name: str) -> Mapping[str, Any] | None:
        """What came of it, or None while it is not finished."""

    def finish(self, name: str, outcome: Mapping[str, Any]) -> None:
        """All of it is stored."""


class NoProgress:
    """Remembers nothing."""

    def outcome(self, name: str) -> Mapping[str, Any] | None:
        return None

    def finish(self, name: str, outcome: Mapping[str, Any]) -> None: ...


class ProgressFile:
    """The file called `path`, about the registry at `url`.

    `size` is how many bytes of it are whole lines.
    """

    def __init__(self, path: str, url: str, lines: list[_Line], size: int) -> None:
        self._path = path
        self._url = url
        self._size = size
        self._outcomes = {line["organization"]: line["outcome"] for line in lines}

    @classmethod
    def opened(cls, path: str, url: str) -> Self:
        """Read what is there, and change nothing.

        Raises DomainError for a file that cannot be used, that is none of ours, or
        that is about another registry.
        """
        try:
            whole = _content(path)
            size = whole.rfind(b"\n") + 1
            lines = [_line(line) for line in whole[:size].splitlines()]
            _check_rest(whole[size:])
        except (OSError, ValueError) as error:
            kind = type(error).__name__
            raise DomainError(f"--state: {path} cannot be used ({kind})") from None
        if any(line["url"] != url for line in lines):
            raise DomainError(f"--state: {path} is about another registry")
        return cls(path, url, lines, size)

    def make_ready(self) -> None:
        """Create the file with mode 0600. Raises DomainError if it cannot be written.

        A run that was killed may have written half a line: that goes.
        """
        self._write(b"")

    def outcome(self, name: str) -> Mapping[str, Any] | None:
        return self._outcomes.get(name)

    def finish(self, name: str, outcome: Mapping[str, Any]) -> None:
        """Raises DomainError where the disk does not take it."""
        said = {"url": self._url, "organization": name, "outcome": outcome}
        self._write(json.dumps(said).encode() + b"\n")
        self._outcomes[name] = dict(outcome)

    def _write(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            with os.fdopen(os.open(self._path, flags, _MODE), "ab") as file:
                file.truncate(self._size)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            kind = type(error).__name__
            raise DomainError(
                f"--state: {self._path} cannot be written ({kind})"
            ) from None
        self._size += len(line)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return b""


def _line(text: bytes) -> _Line:
    """Raises ValueError for a line that is none of ours."""
    said = json.loads(text)
    names = isinstance(said, dict) and [said.get("url"), said.get("organization")]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("not a line of this file")
    if not isinstance(said.get("outcome"), dict):
        raise ValueError("not a line of this file")
    return dict(said)


def _check_rest(rest: bytes) -> None:
    """Raise ValueError unless this is nothing, or how a line of ours begins."""
    begin = b'{"url": "'
    if not (rest.startswith(begin) or begin.startswith(rest)):
        raise ValueError("not a line of this file")
