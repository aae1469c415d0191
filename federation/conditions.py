"""What a trust asks of a claim: where it is, how it is compared, with what. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from federation import patterns
from federation.errors import TrustInvalid
from robots.text import check_storable

MAX_CONDITIONS = 20
"""Conditions of one trust."""

MAX_VALUES = 100
"""Values of one condition."""

MAX_TEXT = 2048
"""Characters of a claim's path or of one value."""

MISSING = object()
"""What `claim_at` finds where there is nothing."""

Scalar = str | int | bool
KEYS = ("claim", "operator", "values", "ignore_case")


class Operator(StrEnum):
    """How a claim is compared."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    GLOB = "glob"


@dataclass(frozen=True, slots=True)
class Condition:
    """One claim, and what it must be.

    `claim` is a claim's name, or a JSON Pointer to one that is nested (RFC 6901;
    it begins with `/`). Values are compared with their JSON types: `1` is neither
    `"1"` nor `true`, and a list or an object is never equal to anything.
    `ignore_case` counts for texts.
    """

    claim: str
    operator: Operator
    values: tuple[Scalar, ...]
    ignore_case: bool = False

    def holds(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claim is there and is one of the values."""
        actual = claim_at(claims, self.claim)
        return any(self._is(value, actual) for value in self.values)

    def facts(self) -> dict[str, Any]:
        """As JSON, which `parse` reads back."""
        return {
            "claim": self.claim,
            "operator": self.operator.value,
            "values": list(self.values),
            "ignore_case": self.ignore_case,
        }

    def identity(self) -> list[Any]:
        """Two that ask the same are equal in this, whatever their spelling."""
        folded = map(self._folded, self.values)
        shown = sorted({f"{type(value).__name__}:{value}" for value in folded})
        is_glob = self.operator is Operator.GLOB
        return [_steps(self.claim), is_glob, shown, self.ignore_case]

    @property
    def wildcards(self) -> int:
        """How many `*` its patterns have; each costs time."""
        if self.operator is not Operator.GLOB:
            return 0
        return sum(str(value).count("*") for value in self.values)

    def __str__(self) -> str:
        words = {"equals": "is", "one_of": "is one of", "glob": "is like"}
        values = ", ".join(repr(value) for value in self.values)
        return f"{self.claim} {words[self.operator.value]} {values}"

    def _folded(self, value: Scalar) -> Scalar:
        if self.ignore_case and isinstance(value, str):
            return patterns.folded(value)
        return value

    def _is(self, expected: Scalar, actual: Any) -> bool:
        if isinstance(expected, str) and isinstance(actual, str):
            compare = (
                patterns.matches if self.operator is Operator.GLOB else patterns.same
            )
            return compare(expected, actual, ignore_case=self.ignore_case)
        return type(expected) is type(actual) and bool(expected == actual)


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim at a name or JSON Pointer; MISSING if there is none."""
    found: Any = claims
    for step in _steps(path):
        if not isinstance(found, Mapping):
            return MISSING
        found = found.get(step, MISSING)
    return found


def outermost(path: str) -> str:
    """The claim that a name or JSON Pointer leads through first."""
    return _steps(path)[0]


def _steps(path: str) -> list[str]:
    """The names on the way to a claim; one, unless it is a pointer."""
    if not path.startswith("/"):
        return [path]
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def parse(data: Any) -> Condition:
    """The condition that a JSON object says. Raises TrustInvalid, naming the field."""
    if not isinstance(data, Mapping):
        raise TrustInvalid("conditions: each must be a JSON object")
    unknown = sorted(set(map(str, data)) - set(KEYS))
    if unknown:
        raise TrustInvalid(
            f"conditions: {', '.join(unknown)} is not known;"
            f" known are {', '.join(KEYS)}"
        )
    operator = _operator(data.get("operator", Operator.EQUALS.value))
    ignore_case = data.get("ignore_case", False)
    if not isinstance(ignore_case, bool):
        raise TrustInvalid("conditions: ignore_case must be true or false")
    values = _values(data.get("values"), operator)
    return Condition(_claim(data.get("claim")), operator, values, ignore_case)


def _claim(claim: Any) -> str:
    if not isinstance(claim, str) or not claim or claim == "/":
        raise TrustInvalid(
            "conditions: claim must be a claim's name, or a JSON Pointer"
        )
    if len(claim) > MAX_TEXT:
        raise TrustInvalid(f"conditions: claim has at most {MAX_TEXT} characters")
    check_storable("conditions", claim)
    return claim


def _operator(operator: Any) -> Operator:
    try:
        return Operator(operator)
    except ValueError:
        raise TrustInvalid(
            f"conditions: operator must be one of {', '.join(Operator)}"
        ) from None


def _values(values: Any, operator: Operator) -> tuple[Scalar, ...]:
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:
        raise TrustInvalid(f"conditions: values must be a list of 1 to {MAX_VALUES}")
    if operator is Operator.EQUALS and len(values) != 1:
        raise TrustInvalid("conditions: equals takes one value; see one_of")
    for value in values:
        _check_value(value, operator)
    return tuple(values)


def _check_value(value: Any, operator: Operator) -> None:
    if not isinstance(value, Scalar):
        raise TrustInvalid("conditions: values are texts, whole numbers or booleans")
    if operator is Operator.GLOB and not isinstance(value, str):
        raise TrustInvalid("conditions: glob takes texts")
    if isinstance(value, str) and not 0 < len(value) <= MAX_TEXT:
        raise TrustInvalid(f"conditions: values have 1 to {MAX_TEXT} characters")
    if not isinstance(value, str) and abs(value) >= 2**53:
        raise TrustInvalid("conditions: numbers are smaller than 2^53")
    check_storable("conditions", value)
