"""Commands of a block, and whether what they print is what the page shows."""

import re
from dataclasses import dataclass

from tests.docs.blocks import Block

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?)?"
)
_EXAMPLE = re.compile(r"\bEXAMPLE\w*")
_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?")


@dataclass(frozen=True)
class Step:
    """A command, what the page says it prints, and its exit code."""

    command: str
    output: str
    code: int


def steps_of(block: Block) -> list[Step]:
    """What follows `$ ` is a command, with the lines that it goes on over."""
    pairs: list[tuple[list[str], list[str]]] = []
    for line in block.text.split("\n"):
        if pairs and _goes_on(pairs[-1]):
            pairs[-1][0].append(line)
        elif line.startswith("$ "):
            pairs.append(([line[2:]], []))
        elif pairs:
            pairs[-1][1].append(line)
        elif line.strip():
            raise ValueError(f"{block} does not begin with a command")
    codes = [int(code) for code in block.marks.get("exit codes", "").split()]
    codes += [0] * (len(pairs) - len(codes))
    return [
        Step("\n".join(command), "\n".join(output).strip("\n"), code)
        for (command, output), code in zip(pairs, codes, strict=True)
    ]


def _goes_on(pair: tuple[list[str], list[str]]) -> bool:
    """Whether the command needs the next line too."""
    lines, output = pair
    text = "\n".join(lines)
    heredoc = _HEREDOC.search(lines[0])
    if output:
        return False
    if heredoc:
        return len(lines) == 1 or lines[-1] != heredoc[1]
    return text.endswith(("\\", "|")) or text.count("'") % 2 == 1


def agrees(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; showing nothing says nothing.

    `...` is anything, and as the first line also nothing; a date or a time is any; what
    begins with EXAMPLE is any word. JSON may have spaces elsewhere.
    """
    if not shown:
        return True
    shown, printed = (_plain(text) for text in (shown, printed))
    if shown.lstrip().startswith(("{", "[")):
        shown, printed = (re.sub(r"\s", "", text) for text in (shown, printed))
    return re.fullmatch(_pattern(shown), printed, re.S) is not None


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def _pattern(shown: str) -> str:
    pattern = re.escape(_EXAMPLE.sub("\1", _TIME.sub("\2", shown)))
    times = _TIME.pattern
    lines = re.escape("...\n")
    if pattern.startswith(lines):
        pattern = f"(?:.*?\n)??{pattern.removeprefix(lines)}"
    return (
        pattern.replace(re.escape("..."), ".*?")
        .replace(re.escape("\1"), r"[\w-]+")
        .replace(re.escape("\2"), times)
        .replace("\1", r"[\w-]+")
        .replace("\2", times)
    )
