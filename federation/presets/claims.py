"""Conditions in a word each, for presets. Pure."""

from collections.abc import Sequence

from federation.conditions import Condition, Operator, Scalar
from federation.entries import SubjectMatch
from federation.patterns import has_wildcard


def is_(claim: str, value: Scalar, *, ignore_case: bool = False) -> Condition:
    """The claim is this value."""
    return Condition(claim, Operator.EQUALS, (value,), ignore_case)


def one_of(claim: str, values: Sequence[str]) -> Condition:
    """The claim is one of these."""
    return Condition(claim, Operator.ONE_OF, tuple(values))


def like(claim: str, pattern: str, *, ignore_case: bool = False) -> Condition:
    """The claim is as the glob says, or just this where there is no wildcard."""
    operator = Operator.GLOB if has_wildcard(pattern) else Operator.EQUALS
    return Condition(claim, operator, (pattern,), ignore_case)


def match_of(subject: str) -> SubjectMatch:
    """How a subject of ours is compared: as a glob only if it has a wildcard."""
    return SubjectMatch.GLOB if has_wildcard(subject) else SubjectMatch.EXACT
