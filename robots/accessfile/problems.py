"""What is wrong with one file, gathered so that it can be told all at once.

Pure. A reader of one value raises Problem; whoever reads the container around it
notes that with its path and goes on, so that one run names every mistake.
"""

from robots.accessfile.errors import FileInvalid
from robots.text import printable

MAX_TOLD = 20
"""Problems of one file that are told; reading ends there."""

_SHOWN = 60
_LONGEST = 1000
"""Characters of one problem that are told."""


class Problem(Exception):
    """What is wrong with the value on one line; the path is added by the container."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


class Problems:
    """Those of the file that errors call `source`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, path: str, text: str) -> None:
        """Note one; raises FileInvalid when there are as many as are told."""
        told = f"{path}: {text}" if path else text
        cut = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."
        # A key with a line break could pretend to be another problem.
        self._found.append((line, printable(cut)))
        if len(self._found) == MAX_TOLD:
            self.check()

    def note(self, path: str, problem: Problem) -> None:
        """Note one that the reader of a value raised."""
        self.add(problem.line, path, problem.text)

    def check(self) -> None:
        """Raise FileInvalid if any were noted."""
        if self._found:
            raise self.all()

    def all(self) -> FileInvalid:
        """Those that were noted, in the order of their lines, as one error."""
        (line, first), *others = sorted(self._found, key=_line)
        told = [first, *(self._at(line, text) for line, text in others)]
        if len(self._found) == MAX_TOLD:
            told.append(f"{self.source}: there may be more; these come first")
        return FileInvalid(self.source, line, "\n".join(told))

    def _at(self, line: int, text: str) -> str:
        place = f"{self.source}:{line}" if line else self.source
        return f"{place}: {text}"


def shown(text: str) -> str:
    """A text of the file in quotes, cut, and harmless to a terminal."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _line(found: tuple[int, str]) -> int:
    return found[0]


def joined(path: str, key: str) -> str:
    """The path of an entry of the mapping at `path`."""
    return f"{path}.{key}" if path else key
