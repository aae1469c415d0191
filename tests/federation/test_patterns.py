"""Globs: against a slow reference, by table, and with their work counted."""

from functools import partial
from typing import Any, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import patterns
from federation.patterns import MAX_TEXT, literal_length, matches, same

PATTERNS = st.text(alphabet="ab/:@*", max_size=8)
TEXTS = st.text(alphabet="ab/:@", max_size=8)


def by_hand(pattern: str, text: str) -> bool:
    """What a glob means, tried in every way there is; `***` says the same as `**`."""
    if not pattern:
        return not text
    if not pattern.startswith("*"):
        return text[:1] == pattern[0] and by_hand(pattern[1:], text[1:])
    rest = pattern.lstrip("*")
    crosses = len(pattern) - len(rest) > 1
    return any(
        by_hand(rest, text[taken:])
        for taken in range(len(text) + 1)
        if crosses or not set(text[:taken]) & set("/:@")
    )


@given(pattern=PATTERNS, text=TEXTS)
def test_a_glob_matches_what_the_reference_says(pattern: str, text: str) -> None:
    assert matches(pattern, text) is by_hand(pattern, text)


@given(parts=st.lists(st.tuples(PATTERNS, TEXTS), max_size=4))
def test_a_glob_made_from_its_text_matches(parts: list[tuple[str, str]]) -> None:
    """Each `**` was put where a part of the text was, so it has to fit."""
    literal = [pattern.replace("*", "") for pattern, _ in parts]
    text = "".join(a + b for a, (_, b) in zip(literal, parts, strict=True))
    assert matches("".join(f"{part}**" for part in literal) or text, text)


@given(text=TEXTS, prefix=TEXTS, suffix=TEXTS)
def test_one_star_takes_a_text_only_if_it_has_no_delimiter(
    text: str, prefix: str, suffix: str
) -> None:
    crosses = any(delimiter in text for delimiter in "/:@")
    whole = prefix + "a" + text + "b" + suffix
    assert matches(f"{prefix}a*b{suffix}", whole) is (
        not crosses or by_hand(f"{prefix}a*b{suffix}", whole)
    )


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("a", "", False),
        ("a", "a", True),
        ("a", "ab", False),
        ("a", "ba", False),
        ("*", "", True),
        ("*", "a" * 2048, True),
        ("*", "a" * 2049, False),
        ("**", "a/" * 1025, False),
        ("repo:acme/*", "repo:acme/app", True),
        ("repo:acme/*", "repo:acme/", True),
        ("repo:acme/*", "repo:acme/app:ref:refs/heads/main", False),
        ("repo:acme/*:ref:refs/heads/main", "repo:acme/a/b:ref:refs/heads/main", False),
        ("repo:acme/*", "repo:acme/app@1", False),
        ("repo:acme/**", "repo:acme/app@1:ref:refs/heads/main", True),
        ("repo:acme/***", "repo:acme/app@1:ref:refs/heads/main", True),
        ("*/*", "a/b", True),
        ("*/*", "a/b/c", False),
        ("**/c", "a/b/c", True),
        ("**/c", "a/b/c/d", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab", "abab", True),
        ("*ab*ab", "ab", False),
        ("a.c", "abc", False),
        ("a?c", "abc", False),
        ("[ab]", "a", False),
        ("a\\*", "a*", False),
        ("*", "a\nb", True),
        ("a", "a\n", False),
        ("*", "é", True),
    ],
)
def test_a_glob_is_matched_whole(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("compare", [same, matches], ids=["same", "matches"])
@pytest.mark.parametrize(
    ("expected", "text", "minding", "ignoring"),
    [
        ("Acme/App", "Acme/App", True, True),
        ("Acme/App", "aCME/aPP", False, True),
        ("AZ", "az", False, True),
        ("[", "{", False, False),
        ("@", "`", False, False),
        ("acme", "acme2", False, False),
        ("stra\u00dfe", "strasse", False, False),
        ("\u212aate", "kate", False, False),
        ("\u017fam", "sam", False, False),
        ("\u00c9", "\u00e9", False, False),
    ],
    ids=lambda value: ascii(value) if isinstance(value, str) else None,
)
def test_case_is_that_of_a_to_z_and_counts_unless_told(
    compare: Any, expected: str, text: str, minding: bool, ignoring: bool
) -> None:
    text = "".join(list(text))  # not the very object, as no token's text is
    assert compare(expected, text) is minding
    assert compare(expected, text, ignore_case=False) is minding
    assert compare(expected, text, ignore_case=True) is ignoring


def test_a_wildcard_stands_for_the_same_with_and_without_case() -> None:
    ignoring = partial(matches, ignore_case=True)
    assert ignoring("REPO:*:x", "repo:a:X")
    assert not ignoring("REPO:*:x", "repo:a/b:X")


@pytest.mark.parametrize(
    ("pattern", "length", "has_wildcard"),
    [("", 0, False), ("abc", 3, False), ("a*c", 2, True), ("a**c*", 2, True)],
)
def test_the_length_of_a_pattern_is_that_of_what_it_says(
    pattern: str, length: int, has_wildcard: bool
) -> None:
    assert literal_length(pattern) == length
    assert patterns.has_wildcard(pattern) is has_wildcard


class Counting(str):
    """A text that counts how often it is looked at."""

    looks = 0

    def startswith(self, *args: Any) -> bool:
        self.looks += 1
        return super().startswith(*args)

    def __iter__(self) -> Any:
        for character in super().__iter__():
            self.looks += 1
            yield character

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        self.looks += 1
        return super().__getitem__(key)


@pytest.mark.parametrize("wildcard", ["*", "**"])
@pytest.mark.parametrize("end", ["b", "a"], ids=["no match", "match"])
@pytest.mark.parametrize("wildcards", [1, 5, 20])
def test_the_work_grows_with_wildcards_times_characters(
    wildcard: str, end: str, wildcards: int
) -> None:
    """A matcher that backtracks needs 2048 to the power of the wildcards."""
    text = Counting("a" * MAX_TEXT)
    assert matches(f"a{wildcard}" * wildcards + end, text) is (end == "a")
    assert 0 < text.looks <= (2 * wildcards + 2) * (MAX_TEXT + 1)
