"""What a run does to the machine's autogroups, on a file in place of the kernel's."""

from pathlib import Path

import pytest

from benchmarks.autogroups import switched_off


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    return tmp_path / "sched_autogroup_enabled"


def test_they_are_off_for_the_run_and_on_again(switch: Path) -> None:
    switch.write_text("1\n")
    with (
        pytest.raises(KeyboardInterrupt),
        switched_off(switch) as (_, how),
    ):
        assert (how, switch.read_text()) == ("off, for this run", "0\n")
        raise KeyboardInterrupt
    assert switch.read_text() == "1\n"


def test_what_is_off_stays_off(switch: Path) -> None:
    switch.write_text("0\n")
    with switched_off(switch) as (_, how):
        assert how == "off"
    assert switch.read_text() == "0\n"


def test_a_kernel_may_have_none(switch: Path) -> None:
    with switched_off(switch) as (_, how):
        assert how == "off"
    assert not switch.exists()


def test_who_may_not_switch_them_is_told(
    switch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch.write_text("1\n")

    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refused)
    with switched_off(switch) as (_, how):
        assert how.startswith("on")
    monkeypatch.undo()
    assert switch.read_text() == "1\n"
