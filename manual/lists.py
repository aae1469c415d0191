"""Lists as Python-Markdown reads them: what belongs to an item is four columns in.

In repository viewers it is as far in as the item's first word, and a list or a fence
needs no empty line before it.
"""

import re
from collections.abc import Iterator

_ITEM = re.compile(r"(\d+\.|[-*]) +")
_FENCE = re.compile(r"\s*```")
_COLUMNS = 4


def widened(text: str) -> str:
    """The same page with every list written so that both read it alike."""
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    width = 0  # of the item that we are in; 0 is outside of lists
    is_code = False
    before = ""
    for line in lines:
        found = None if is_code else _ITEM.match(line)
        is_inside = not line.strip() or line.startswith(" " * width)
        if found:
            if before.strip() and not width:
                yield ""
            width = len(found[0])
        elif width and not is_inside and not is_code:
            width = 0
            if before.strip() and line.strip():
                yield ""
        elif width and line.strip():
            line = " " * (_COLUMNS - width) + line
        if _FENCE.match(line):
            if not is_code and before.strip():
                yield ""
            is_code = not is_code
        yield line
        before = line
