"""What every supported database can keep."""

from typing import Any

import pytest

from robots.errors import DomainError
from robots.text import MAX_DEPTH, check_storable


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
