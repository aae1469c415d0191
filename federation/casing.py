"""Whether a trust minds the case of letters where it counts, and only there. Pure."""

import re
from collections.abc import Iterator

from federation.breadth import claim_name, pins_ids
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.findings import Finding, warning
from federation.patterns import folded
from federation.providers import Provider, provider_of

_REFS = frozenset({"ref", "ref_path", "build_branch", "build_tag"})
_FOLDER = re.compile(r"refs/((heads|tags)/)?")
_LETTER = re.compile(r"[a-z]")


def ref_case(entry: Entry) -> Iterator[Finding]:
    """Git minds case in branches and tags, wherever they are kept."""
    letters = _letters(_ref_of(entry.subject))
    if entry.ignore_case and letters and not _minds(entry, letters):
        yield warning(
            "ref_ignores_case",
            "The branches `main` and `MAIN` are two, and both are let in",
            "Add a condition on ref that minds case",
        )


def name_case(entry: Entry) -> Iterator[Finding]:
    """GitHub minds case in no name of an owner or repository; ids decide anyway."""
    if provider_of(entry) is not Provider.GITHUB or entry.ignore_case:
        return
    if entry.subject_match is SubjectMatch.EXACT and not pins_ids(entry):
        yield warning(
            "case_sensitive",
            "Names are the same there in any case, but this subject is not: a token"
            " with another spelling is refused",
            "Pin the ids, and set ignore_case with a condition on ref that minds case",
        )


def _ref_of(subject: str) -> str:
    """No branch or tag has a `:` in its name (git-check-ref-format)."""
    return folded(subject).partition(":ref:")[2].partition(":")[0]


def _letters(ref: str) -> list[str]:
    """Those that the subject may have in either case, without the folders of git."""
    return _LETTER.findall(_FOLDER.sub("", folded(ref), count=1))


def _minds(entry: Entry, letters: list[str]) -> bool:
    asked = [c for c in entry.conditions if claim_name(c) in _REFS]
    return any(_fixes(condition, letters) for condition in asked)


def _fixes(condition: Condition, letters: list[str]) -> bool:
    """Whether it says the case of each letter: a wildcard stands for either."""
    if condition.ignore_case:
        return False
    if condition.operator is not Operator.GLOB:
        return True
    return all(_has_in_order(str(value), letters) for value in condition.values)


def _has_in_order(pattern: str, letters: list[str]) -> bool:
    rest = iter(_letters(pattern))
    return all(letter in rest for letter in letters)
