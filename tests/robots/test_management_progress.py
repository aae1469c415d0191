"""Bars are for terminals, and for nobody else."""

import os
import sys
from collections.abc import Callable

import pytest

from robots.management.progress import bar, counting_bar


def step(quiet: bool) -> None:
    with bar("acme", 2, quiet=quiet) as advance:
        advance()


def count(quiet: bool) -> None:
    with counting_bar(quiet=quiet) as show:
        show("acme", 1, 2)


@pytest.mark.parametrize("shown", [step, count])
def test_nothing_is_written_where_there_is_no_terminal(
    shown: Callable[[bool], None], capfd: pytest.CaptureFixture[str]
) -> None:
    shown(False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [True, False])
@pytest.mark.parametrize("shown", [step, count])
def test_at_a_terminal_it_is_on_stderr(
    shown: Callable[[bool], None],
    quiet: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    controller, terminal = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        shown(quiet)
        # So that there is something to read where nothing was shown.
        stream.write("end")
        stream.flush()
        said = b""
        while not said.endswith(b"end"):
            said += os.read(controller, 65536)
    os.close(controller)
    assert (b"acme" in said) is not quiet
    assert capfd.readouterr().out == ""
