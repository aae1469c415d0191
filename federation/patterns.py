"""Globs over claims: pure, and the only place that knows what `*` means.

`*` stands for any characters, none included, but for none of `/`, `:` and `@`, by
which issuers put a claim together from parts; `**` stands for those too. Nothing
else is special. No regular expression: a hostile claim could make one take for ever.

Where case is ignored, it is that of A to Z. The folding of Unicode makes `ss` of
`ß`, and issuers give the two to two people.
"""

import re
import string

DELIMITERS = "/:@"

MAX_TEXT = 2048
"""Characters of a text; a longer one is like no glob, which bounds the work."""

_WILDCARDS = re.compile(r"(\*+)")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether `text` as a whole is what the glob `pattern` says."""
    if len(text) > MAX_TEXT:
        return False
    if ignore_case:
        pattern, text = folded(pattern), folded(text)
    reached = {0}
    for part in _WILDCARDS.split(pattern):
        reached = _after(part, text, reached)
    return len(text) in reached


def same(expected: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether two texts are one and the same, by the case rule that is given."""
    if ignore_case:
        return folded(expected) == folded(text)
    return expected == text


def folded(text: str) -> str:
    """Texts that differ in the case of A to Z alone are equal in this."""
    return text.translate(_LOWER)


def has_wildcard(pattern: str) -> bool:
    return "*" in pattern


def literal_length(pattern: str) -> int:
    """Characters that a text must have: the more, the more specific it is."""
    return len(pattern.replace("*", ""))


def _after(part: str, text: str, starts: set[int]) -> set[int]:
    """Where `part` of a pattern may end, if it begins at one of `starts`."""
    if not part.startswith("*"):
        return {at + len(part) for at in starts if text.startswith(part, at)}
    if not starts:
        return starts
    if len(part) > 1:
        return set(range(min(starts), len(text) + 1))
    return _within_part(text, starts)


def _within_part(text: str, starts: set[int]) -> set[int]:
    ends = set(starts)
    for at, character in enumerate(text):
        if at in ends and character not in DELIMITERS:
            ends.add(at + 1)
    return ends
