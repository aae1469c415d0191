"""What every supported database can keep, and what a terminal is shown."""

from typing import Any

import pytest

from robots.errors import DomainError
from robots.text import MAX_DEPTH, check_storable, printable


def nested(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    ["", "text\n\u00e9\U0001f600", {"a": [1, 2.5, None, True]}, nested(MAX_DEPTH)],
    ids=repr,
)
def test_this_can_be_kept(value: Any) -> None:
    check_storable("metadata", value)


@pytest.mark.parametrize(
    "value",
    [
        "a\x00b",
        "\ud800",
        {"a": {"b": ["\udfff"]}},
        {"\x00": 1},
        [float("nan")],
        {"a": float("inf")},
        nested(MAX_DEPTH + 1),
    ],
)
def test_this_cannot_and_the_field_is_named(value: Any) -> None:
    with pytest.raises(DomainError, match="^metadata: "):
        check_storable("metadata", value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("é plain line", "é plain line"),
        ("a\nb\x1b[2J", r"a\nb\x1b[2J"),
        ("\u202eevil\u200b\x9b", r"\u202eevil\u200b\x9b"),
        ("\ud800\U000e0041", r"\ud800\U000e0041"),
    ],
)
def test_a_terminal_is_shown_one_line_that_steers_nothing(
    text: str, shown: str
) -> None:
    assert printable(text) == shown
    assert printable(text).isprintable()
