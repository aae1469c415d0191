"""Fenced blocks of a page of Markdown, and what a comment above one says of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
_UNSEEN = re.compile(
    r"^(?P<indent> *)<!-- first:\n(?P<text>.*?)^(?P=indent)-->$", re.M | re.S
)
_WHOLE = re.compile(r"^<!-- nothing here is run: (?P<rest>.*) -->$", re.M)
_ABOVE = re.compile(
    r"<!-- (?P<word>not run|exit codes|background until): (?P<rest>.*) -->"
)


@dataclass(frozen=True)
class Block:
    """A fenced block, or commands in a comment, which have the language `first`.

    `marks` are the comments right above it: `not run` (and why), `exit codes` (of each
    of its commands, 0 if not said), `background until` (a text that it prints). A page
    that says `nothing here is run` says it of each of its blocks.
    """

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        return self.language in ("console", "first") and "not run" not in self.marks


def blocks_of(path: Path, name: str) -> list[Block]:
    """Every block of a page, in its order."""
    text = path.read_text()
    whole = _WHOLE.search(text)
    return sorted(
        _found(text, name, {"not run": whole["rest"]} if whole else {}),
        key=lambda block: block.line,
    )


def _found(text: str, name: str, of_page: dict[str, str]) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        marks = {**of_page, **_marks(text[: found.start()])}
        line = _line(text, found)
        yield Block(name, line, found["language"], _inside(found), marks)
    for found in _UNSEEN.finditer(text):
        yield Block(name, _line(text, found), "first", _inside(found), {})


def _inside(found: re.Match[str]) -> str:
    """What the block holds, without the columns that it stands in."""
    return re.sub(f"^{found['indent']}", "", found["text"], flags=re.M)


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def _marks(before: str) -> dict[str, str]:
    marks: dict[str, str] = {}
    for line in reversed(before.rstrip("\n").split("\n")):
        found = _ABOVE.fullmatch(line.strip())
        if found is None:
            break
        marks[found["word"]] = found["rest"]
    return marks
