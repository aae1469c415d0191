"""The command line of a run."""

import pytest

from benchmarks.options import PARTS, QUICK, Options, parse


def test_nothing_given_measures_everything() -> None:
    assert parse([]) == Options()
    assert parse([]).parts == PARTS
    assert parse([]).scales[-1] == 10**6


def test_quick_can_be_changed_in_part() -> None:
    found = parse(["--quick", "--only", "bulk,cases", "--databases", "postgresql"])
    assert found.parts == ("cases", "bulk")
    assert found.engines == ("postgresql",)
    assert found.robots == QUICK.robots


def test_numbers_are_read_with_and_without_exponents() -> None:
    found = parse(["--scale", "10^5,20000,10^3", "--connections", "8", "--rounds", "3"])
    assert found.scales == (1_000, 20_000, 100_000)
    assert found.connections == (8,)
    assert (found.rounds, found.fewer_rounds) == (3, 1)


@pytest.mark.parametrize("wrong", ["--only=all", "--databases=mysql", "--scale=big"])
def test_what_is_unknown_ends_it(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([wrong])
    assert ended.value.code == 2
    assert wrong.partition("=")[0] in capsys.readouterr().err
