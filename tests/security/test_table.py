"""docs/security.md and the tests say the same: each case is there, and each test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

TESTS = Path(settings.BASE_DIR, "tests")
TABLE = Path(settings.BASE_DIR, "docs", "security.md")
CASES = [f"S-{number:02}" for number in range(1, 33)]
_NUMBER = re.compile(r"(?<![a-z0-9])s(\d\d)(?=_)")


def table() -> dict[str, list[str]]:
    """The cells of each case: what it means, the tests, how much of it holds."""
    lines = TABLE.read_text().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line[:4] == "| S-"]
    names = [case for case, *_ in cells]
    assert names == CASES, "each case once and in order"
    return {case: rest for case, *rest in cells}


def named(case: str) -> list[str]:
    return re.findall(r"`([^`]+)`", table()[case][1])


@cache
def functions_in(file: Path) -> frozenset[str]:
    """The test functions that pytest finds in a file."""
    found = ast.parse(file.read_text()).body
    functions = [node.name for node in found if isinstance(node, ast.FunctionDef)]
    return frozenset(name for name in functions if name.startswith("test_"))


def numbered() -> dict[str, set[str]]:
    """The tests that carry a case's number, as `file::function`."""
    found: dict[str, set[str]] = {case: set() for case in CASES}
    for file in TESTS.rglob("test_*.py"):
        for function in functions_in(file):
            for number in _NUMBER.findall(function):
                name = f"{file.relative_to(TESTS)}::{function}"
                found[f"S-{number}"].add(name)
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_case_says_what_it_means_and_how_much_of_it_holds(case: str) -> None:
    means, tests, holds = table()[case]
    assert len(means) > 40
    assert tests
    assert holds == "whole" or re.match(r"whole; |in part(, by decision)?: ", holds)


@pytest.mark.parametrize("case", CASES)
def test_the_tests_of_a_case_exist(case: str) -> None:
    assert numbered()[case], "no test carries its number"
    for name in named(case):
        file, _, function = name.partition("::")
        assert re.fullmatch(r"(?:[a-z0-9_]+/)+test_\w+\.py", file), name
        found = functions_in(TESTS / file)
        assert function in found if function else found, name


@pytest.mark.parametrize("case", CASES)
def test_a_test_that_carries_a_number_is_in_its_row(case: str) -> None:
    names = set(named(case))
    missing = {
        test
        for test in numbered()[case]
        if test not in names and test.partition("::")[0] not in names
    }
    assert missing == set()
