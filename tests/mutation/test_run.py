"""A hunt from end to end: what the tests of a module notice, and what they do not."""

from collections import Counter

import pytest

from tests.mutation import __main__ as hunt
from tests.mutation.parts import PARTS, Part


def test_a_hunt_tells_of_each_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    part = Part(("robots/text.py",), ("tests/robots/test_text.py",))
    said = hunt._hunted(part)
    fates = Counter(found["fate"] for found in hunt._LINE.finditer(said))
    told = capsys.readouterr().out.splitlines()
    assert fates["killed"] > 0
    assert len(told) == fates["survived"] + fates["untested"]
    assert fates.total() == sum(
        line.startswith("mutant ") for line in said.splitlines()
    )


def test_tests_that_fail_by_themselves_end_it() -> None:
    part = Part(("robots/roles.py",), ("tests/robots/no_such_test.py",))
    with pytest.raises(RuntimeError):
        hunt._hunted(part)


def test_an_unknown_part_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["hunt", "everything"])
    assert hunt.main() == 2
    assert ", ".join(PARTS) in capsys.readouterr().out


@pytest.mark.parametrize(("noticed", "code"), [(90, 0), (89, 1)])
def test_too_many_that_nobody_noticed_are_a_failure(noticed: int, code: int) -> None:
    counts = Counter(killed=noticed - 1, slow=1, survived=99 - noticed, untested=1)
    assert hunt._judged({"a.py": counts}) == code
