"""Conditions: where a claim is, how it is compared, and what is no condition."""

import json
from typing import Any

import pytest

from federation.conditions import (
    KEYS,
    MAX_VALUES,
    MISSING,
    Condition,
    Operator,
    claim_at,
    parse,
)
from federation.errors import TrustInvalid
from robots.errors import DomainError

POD = {
    "kubernetes.io": {
        "namespace": "ci",
        "serviceaccount": {"name": "builder", "uid": "u-1"},
        "": {"": "empty"},
        "a/b": {"c~d": 1, "~1": 2},
    },
    "https://quay.example/team": "infra",
    "roles": ["admin"],
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("https://quay.example/team", "infra"),
        ("/roles", ["admin"]),
        ("/kubernetes.io/namespace", "ci"),
        ("/kubernetes.io/serviceaccount/uid", "u-1"),
        ("/kubernetes.io//", "empty"),
        ("/kubernetes.io/a~1b/c~0d", 1),
        ("/kubernetes.io/a~1b/~01", 2),
        ("none", None),
        ("/none", None),
        ("absent", MISSING),
        ("/absent/deeper", MISSING),
        ("/roles/0", MISSING),
        ("/none/deeper", MISSING),
        ("/https:~1~1quay.example~1team/infra", MISSING),
        ("kubernetes.io/namespace", MISSING),
        ("kubernetes.io.namespace", MISSING),
    ],
)
def test_a_claim_is_found_by_its_name_or_a_pointer(path: str, found: Any) -> None:
    assert claim_at(POD, path) == found


def holds(operator: str, values: list[Any], actual: Any, ignore_case: bool) -> bool:
    condition = Condition("c", Operator(operator), tuple(values), ignore_case)
    claims = {} if actual is MISSING else {"c": actual}
    return condition.holds(json.loads(json.dumps(claims)))


@pytest.mark.parametrize(
    ("operator", "values", "actual", "expected"),
    [
        ("equals", ["push"], "push", True),
        ("equals", ["push"], "Push", False),
        ("equals", ["push"], "push ", False),
        ("equals", ["*"], "push", False),
        ("equals", ["*"], "*", True),
        ("equals", [1], 1, True),
        ("equals", [1], 2, False),
        ("equals", [123456789], 123456789, True),
        ("equals", [1], "1", False),
        ("equals", [1], True, False),
        ("equals", [1], 1.0, False),
        ("equals", ["1"], 1, False),
        ("equals", ["true"], True, False),
        ("equals", [True], True, True),
        ("equals", [True], False, False),
        ("equals", [False], False, True),
        ("equals", [False], 0, False),
        ("equals", [False], None, False),
        ("equals", ["None"], None, False),
        ("equals", ["push"], ["push"], False),
        ("equals", ["push"], {"push": 1}, False),
        ("equals", ["push"], MISSING, False),
        ("one_of", ["push", "release"], "release", True),
        ("one_of", ["push", "release"], "push,release", False),
        ("one_of", ["push", 7], 7, True),
        ("one_of", ["p*"], "push", False),
        ("glob", ["refs/heads/*"], "refs/heads/main", True),
        ("glob", ["refs/heads/*"], "refs/heads/a/b", False),
        ("glob", ["refs/heads/**"], "refs/heads/a/b", True),
        ("glob", ["a*", "b*"], "bc", True),
        ("glob", ["a*", "b*"], "cb", False),
        ("glob", ["*"], 1, False),
        ("glob", ["**"], MISSING, False),
        ("glob", ["**"], None, False),
        ("glob", ["**"], ["a"], False),
    ],
)
def test_values_are_compared_with_their_types(
    operator: str, values: list[Any], actual: Any, expected: bool
) -> None:
    assert holds(operator, values, actual, False) is expected


@pytest.mark.parametrize(
    ("operator", "values", "actual"),
    [
        ("equals", ["Acme"], "aCME"),
        ("one_of", ["x", "ACME"], "acme"),
        ("glob", ["ACME/*"], "acme/App"),
    ],
)
def test_case_counts_unless_it_is_told_not_to(
    operator: str, values: list[Any], actual: str
) -> None:
    assert holds(operator, values, actual, ignore_case=True)
    assert not holds(operator, values, actual, ignore_case=False)


@pytest.mark.parametrize(
    "data",
    [
        {"claim": "a", "operator": "equals", "values": ["x"], "ignore_case": False},
        {"claim": "/a/b", "operator": "one_of", "values": ["x", 1, True],
         "ignore_case": True},
        {"claim": "a" * 2048, "operator": "glob", "values": ["*" * 2048],
         "ignore_case": False},
        {"claim": "a", "operator": "one_of", "values": list(range(MAX_VALUES)),
         "ignore_case": False},
        {"claim": "a", "operator": "equals", "values": [1 - 2**53],
         "ignore_case": False},
    ],
    ids=["equals", "one of", "longest glob", "most values", "least number"],
)  # fmt: skip
def test_what_is_read_is_shown_again(data: dict[str, Any]) -> None:
    assert parse(data).facts() == data


def test_an_operator_and_a_case_rule_need_not_be_said() -> None:
    condition = parse({"claim": "event_name", "values": ["push"]})
    assert condition == Condition("event_name", Operator.EQUALS, ("push",), False)


@pytest.mark.parametrize("claim", ["$x", "-", "//", "/ ", "https://x.example/a"])
def test_a_claim_may_have_any_name(claim: str) -> None:
    condition = parse({"claim": claim, "values": ["x"]})
    assert condition.claim == claim
    assert {condition, parse(condition.facts())} == {condition}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"claim": ""}, "claim"),
        ({"claim": "/"}, "claim"),
        ({"claim": 5}, "claim"),
        ({"claim": None}, "claim"),
        ({"claim": "a" * 2049}, "claim has at most 2048"),
        ({"operator": "regex"}, "operator must be one of equals, one_of, glob"),
        ({"operator": []}, "operator"),
        ({"operator": {}}, "operator"),
        ({"operator": None}, "operator"),
        ({"values": None}, "values must be a list of 1 to 100"),
        ({"values": "push"}, "values"),
        ({"values": []}, "values"),
        ({"values": ["a"] * (MAX_VALUES + 1), "operator": "one_of"}, "values"),
        ({"values": ["a", "b"]}, "equals takes one value"),
        ({"values": [None]}, "texts, whole numbers or booleans"),
        ({"values": [1.5]}, "whole numbers"),
        ({"values": [["a"]]}, "texts"),
        ({"values": [""]}, "1 to 2048 characters"),
        ({"values": ["a" * 2049]}, "1 to 2048 characters"),
        ({"values": [2**53]}, "smaller than 2\\^53"),
        ({"values": [10**400]}, "smaller than 2\\^53"),
        ({"values": [-(2**53)]}, "smaller than 2\\^53"),
        ({"values": [1], "operator": "glob"}, "glob takes texts"),
        ({"values": [True], "operator": "glob"}, "glob takes texts"),
        ({"ignore_case": "yes"}, "ignore_case must be true or false"),
        ({"ignore_case": 1}, "ignore_case"),
        ({"ignore_case": None}, "ignore_case"),
        ({"vaules": ["x"]}, f"vaules is not known; known are {', '.join(KEYS)}"),
        ({"b": 1, "a": 2}, "a, b is not known"),
    ],
)
def test_what_is_no_condition_is_refused_by_name(
    changes: dict[str, Any], field: str
) -> None:
    data = {"claim": "a", "operator": "equals", "values": ["x"]} | changes
    with pytest.raises(TrustInvalid, match=f"^conditions: .*{field}"):
        parse(data)


@pytest.mark.parametrize("data", [None, [], "claim", 1, True])
def test_a_condition_is_an_object(data: Any) -> None:
    with pytest.raises(TrustInvalid, match="^conditions: each must be a JSON object"):
        parse(data)


@pytest.mark.parametrize("missing", ["claim", "values"])
def test_a_condition_needs_a_claim_and_values(missing: str) -> None:
    data = {"claim": "a", "values": ["x"]}
    del data[missing]
    with pytest.raises(TrustInvalid, match=f"^conditions: {missing} must be"):
        parse(data)


@pytest.mark.parametrize("text", ["a\x00", "\ud800"], ids=["NUL", "half a surrogate"])
@pytest.mark.parametrize("field", ["claim", "values"])
def test_text_that_cannot_be_stored_is_refused(field: str, text: str) -> None:
    data: dict[str, Any] = {"claim": "a", "values": ["x"]}
    data[field] = text if field == "claim" else [text]
    with pytest.raises(DomainError, match="^conditions: .* cannot be stored"):
        parse(data)


EQUALS = Condition("a", Operator.EQUALS, ("x",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EQUALS, Condition("/a", Operator.EQUALS, ("x",))),
        (EQUALS, Condition("a", Operator.ONE_OF, ("x",))),
        (EQUALS, Condition("a", Operator.ONE_OF, ("x", "x"))),
        (
            Condition("a", Operator.ONE_OF, ("x", "y")),
            Condition("a", Operator.ONE_OF, ("y", "x")),
        ),
        (
            Condition("a", Operator.EQUALS, ("Acme",), ignore_case=True),
            Condition("a", Operator.EQUALS, ("aCME",), ignore_case=True),
        ),
    ],
    ids=["pointer", "one of one", "twice", "order", "case"],
)
def test_two_that_ask_the_same_have_one_identity(
    one: Condition, other: Condition
) -> None:
    assert one.identity() == other.identity()


@pytest.mark.parametrize(
    "other",
    [
        Condition("b", Operator.EQUALS, ("x",)),
        Condition("a", Operator.GLOB, ("x",)),
        Condition("a", Operator.EQUALS, ("y",)),
        Condition("a", Operator.EQUALS, ("X",)),
        Condition("a", Operator.EQUALS, ("x",), ignore_case=True),
        Condition("a", Operator.ONE_OF, ("x", "y")),
    ],
    ids=["claim", "glob", "value", "case", "case rule", "values"],
)
def test_two_that_ask_different_things_differ(other: Condition) -> None:
    assert other.identity() != EQUALS.identity()


@pytest.mark.parametrize(
    ("one", "other"), [(1, "1"), (1, True), (True, "True"), (0, False)]
)
def test_values_of_different_types_are_different_conditions(
    one: Any, other: Any
) -> None:
    first, second = (
        Condition("a", Operator.EQUALS, (value,)) for value in (one, other)
    )
    assert first.identity() != second.identity()


@pytest.mark.parametrize(
    ("condition", "wildcards"),
    [
        (Condition("a", Operator.EQUALS, ("***",)), 0),
        (Condition("a", Operator.ONE_OF, ("*", "*")), 0),
        (Condition("a", Operator.GLOB, ("a*b**", "*", "c")), 4),
    ],
    ids=["equals", "one of", "glob"],
)
def test_only_the_wildcards_of_globs_are_counted(
    condition: Condition, wildcards: int
) -> None:
    assert condition.wildcards == wildcards


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition("a", Operator.EQUALS, (1,)), "a is 1"),
        (Condition("a", Operator.ONE_OF, ("x", True)), "a is one of 'x', True"),
        (Condition("/a/b", Operator.GLOB, ("x*",)), "/a/b is like 'x*'"),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: Condition, text: str) -> None:
    assert str(condition) == text
