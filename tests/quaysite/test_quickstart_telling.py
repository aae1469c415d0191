"""A story that proves itself: what differs is noticed."""

import pytest

from quaysite.quickstart.clients import Result
from quaysite.quickstart.story import Step
from quaysite.quickstart.telling import excerpt, judge, tell


def step(
    code: int, output: str, *, succeeds: bool, says: str = "", also: bool | None = None
) -> Step:
    result = Result("client do", code, output)
    condition = None if also is None else ("it is the same", lambda: also)
    return Step("Something", lambda: result, succeeds, says, condition)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(step(0, "Welcome", succeeds=True, says="Welcome"), id="success"),
        pytest.param(step(1, "x: denied", succeeds=False, says="denied"), id="refusal"),
        pytest.param(step(0, "", succeeds=True, also=True), id="condition holds"),
    ],
)
def test_what_goes_as_told_is_no_problem(told: Step) -> None:
    assert judge(told, told.act()) is None
    assert tell([told], print) == []


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        pytest.param(
            step(1, "Welcome", succeeds=True, says="Welcome"),
            "exit code 1, where success was expected",
            id="unexpected refusal",
        ),
        pytest.param(
            step(0, "denied", succeeds=False, says="denied"),
            "exit code 0, where a refusal was expected",
            id="a refusal that was expected did not come",
        ),
        pytest.param(
            step(1, "no route to host", succeeds=False, says="denied"),
            "the output does not say 'denied'",
            id="refused for another reason",
        ),
        pytest.param(
            step(0, "", succeeds=True, also=False),
            "it is not so that it is the same",
            id="condition does not hold",
        ),
    ],
)
def test_what_differs_is_reported_by_its_title(told: Step, problem: str) -> None:
    said: list[str] = []
    assert judge(told, told.act()) == problem
    assert tell([told], said.append) == ["1. Something"]
    assert f"   FAILED: {problem}" in said


def test_the_line_that_matters_is_shown() -> None:
    output = "first\n\nx: denied\nlast\n"
    assert excerpt(output, "denied") == ["x: denied"]


def test_without_it_the_last_lines_are_shown() -> None:
    output = "\n".join("abcdef")
    assert excerpt(output, "denied") == ["c", "d", "e", "f"]
