"""What is told of things left out, whatever they are called."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.importing.leftovers import Leftovers, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("acme", "acme"),
        ("\x1b[31mred\n", "\ufffd[31mred\ufffd"),
        ("x" * 101, "x" * 100 + "..."),
        ("\ud800", "\ufffd"),
        (None, "(a JSON NoneType)"),
        ([1], "(a JSON list)"),
    ],
)
def test_a_name_is_one_short_line(value: Any, line: str) -> None:
    assert shown(value) == line


@given(JSON)
def test_anything_can_be_shown(value: Any) -> None:
    line = shown(value)
    assert line.isprintable()
    assert len(line) <= 103


def test_the_same_is_told_once_with_how_often() -> None:
    leftovers = Leftovers()
    for _ in range(3):
        leftovers.add("user", "carla", "is not here")
    leftovers.add("robot", "acme+ci", "has expired")
    assert [left.words() for left in leftovers.all()] == [
        "robot acme+ci: has expired",
        "user carla: is not here (3 times)",
    ]


@given(st.lists(st.tuples(st.text(), JSON, st.text(), st.integers(1, 9))))
def test_what_is_remembered_is_what_was_told(said: list[Any]) -> None:
    leftovers = Leftovers()
    for one in said:
        leftovers.add(*one)
    facts = [left.facts() for left in leftovers.all()]
    assert [left.facts() for left in Leftovers.of(facts).all()] == facts
