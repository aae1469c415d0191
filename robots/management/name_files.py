"""Names that options give, and files of them: one a line, `#` begins a comment."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

from robots.errors import DomainError
from robots.text import is_storable

STDIN = "-"
MAX_LINE = 1_000
"""Bytes; the longest name has 511 characters."""

_SHOWN = 5


class Name(NamedTuple):
    """What was written, and where, if that helps: ` (names.txt, line 7)`."""

    text: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.text}{self.where}"

    @property
    def is_glob(self) -> bool:
        return "*" in self.text or "?" in self.text


@dataclass(slots=True)
class Unknown:
    """Names that mean nothing: the first ones, and how many there are."""

    first: list[Name] = field(default_factory=list)
    count: int = 0

    def add(self, names: Iterable[Name]) -> None:
        for name in names:
            self.count += 1
            if self.count <= _SHOWN:
                self.first.append(name)

    def refuse(self, what: str) -> None:
        """Raise DomainError that names the first ones, if there are any."""
        if self.count:
            shown = ", ".join(map(str, self.first))
            more = self.count - _SHOWN
            rest = f" and {more} more" if more > 0 else ""
            raise DomainError(f"{what}: {shown}{rest}")


class NameFile(NamedTuple):
    """An open file of names, and how errors call it."""

    option: str
    shown: str
    file: BinaryIO


@contextmanager
def opened(option: str, path: str | None) -> Iterator[NameFile | None]:
    """The file of `--option-file`, if there is one. Raises DomainError.

    Standard input is read to its end first: no transaction shall wait for who types.
    """
    if path is None:
        yield None
    elif path == STDIN:
        if sys.stdin is None:
            raise DomainError(f"--{option}-file: standard input is closed")
        with TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.seek(0)
            yield NameFile(option, "standard input", kept)
    else:
        try:
            file = open(path, "rb")  # noqa: SIM115 - only opening it may fail so
        except OSError as error:
            raise DomainError(f"--{option}-file: {path}: {error.strerror}") from None
        with file:
            yield NameFile(option, path, file)


def names_of(given: Iterable[str], source: NameFile | None) -> Iterator[Name]:
    """Those given on the command line, then those of the file, read as wanted.

    Raises DomainError for what cannot be read.
    """
    yield from (Name(text) for text in given)
    if source is not None:
        yield from _names(*source)


def _names(option: str, shown: str, file: BinaryIO) -> Iterator[Name]:
    number = 0
    while line := _line(option, shown, file, number + 1):
        number += 1
        place = f"{shown}, line {number}"
        text = _without_comment(_decoded(option, place, line))
        if text:
            yield Name(text, f" ({place})")


def _line(option: str, shown: str, file: BinaryIO, number: int) -> bytes:
    try:
        line = file.readline(MAX_LINE + 1)
    except OSError as error:
        raise DomainError(f"--{option}-file: {shown}: {error.strerror}") from None
    if len(line) > MAX_LINE:
        raise DomainError(
            f"--{option}-file: {shown}, line {number}: longer than {MAX_LINE} bytes"
        )
    return line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _decoded(option: str, place: str, line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise DomainError(f"--{option}-file: {place}: not UTF-8") from None
    if not is_storable(text):
        raise DomainError(f"--{option}-file: {place}: NUL is not allowed")
    return text


def _without_comment(line: str) -> str:
    """A `#` within a word is a part of it."""
    text = line.strip()
    if text.startswith("#"):
        return ""
    return text.partition(" #")[0].partition("\t#")[0].strip()
