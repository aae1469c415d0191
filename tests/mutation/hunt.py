"""A plugin for pytest that runs its tests once, and then again for each mutant.

Each mutant lives in a child that is forked after the first run: Django is set up, the
database is there (in memory, so the child has its own) and modules are imported. It has
the tests that call the function which is wrong, until one fails.
"""

import math
import os
import signal
import sys
import time
from collections import defaultdict
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.swapping import (
    Key,
    Mutant,
    forget,
    key_of,
    mutants_of,
    put_in,
)

MOST_SECONDS = 40.0
"""Of tests for one mutant, as long as they took without it; the likeliest ones."""

_PATIENCE = 5
"""Times as long may they take with it. What makes a loop endless is noticed by that."""

_MARK = "mutant "


class _Kept:
    """The item after the last one, which keeps what the session has set up."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[Any]:
        return [self._session]


class Hunt:
    """The run of a session's tests, and which of them call which function."""

    def __init__(self, session: pytest.Session, paths: list[str]) -> None:
        self._session = session
        self._paths = paths
        self._files = {str(Path(path).resolve()) for path in paths}
        self._calls: dict[Key, set[int]] = defaultdict(set)
        self._lines: dict[tuple[str, int], set[int]] = defaultdict(set)
        self._seconds: dict[int, float] = {}

    def run(self) -> None:
        """Print a line a mutant. Raises pytest.UsageError if a test fails without."""
        for number in range(len(self._session.items)):
            self._watch(number)
        print(f"\n{len(self._seconds)} tests in {sum(self._seconds.values()):.0f} s")
        for path in self._paths:
            for mutant in mutants_of(path):
                print(f"{_MARK}{self._fate(mutant)} {mutant}", flush=True)

    def _watch(self, number: int) -> None:
        called: set[CodeType] = set()
        run: set[tuple[str, int]] = set()

        def watch(frame: FrameType, event: str, _argument: object) -> Any:
            if frame.f_code.co_filename not in self._files:
                return None
            called.add(frame.f_code)
            run.add((frame.f_code.co_filename, frame.f_lineno))
            return watch

        # Else what makes a statement would be called by the first test alone.
        forget()
        begun = time.monotonic()
        sys.settrace(watch)
        try:
            failed = self._fails(number)
        finally:
            sys.settrace(None)
        if failed:
            raise pytest.UsageError(f"fails by itself: {failed}")
        self._seconds[number] = time.monotonic() - begun
        for code in called:
            self._calls[key_of(code)].add(number)
        for line in run:
            self._lines[line].add(number)

    def _fails(self, number: int) -> str:
        """What a test that fails says; empty for one that does not."""
        item = self._session.items[number]
        kept: Any = _Kept(self._session)
        for report in runtestprotocol(item, log=False, nextitem=kept):
            if report.failed:
                return f"{item.nodeid}\n{report.longreprtext}"
        return ""

    def _fate(self, mutant: Mutant) -> str:
        """`killed`, `survived`, `slow` (which is killed too) or `untested`."""
        tests = self._likely(mutant)
        if not tests:
            return "untested"
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            self._be(mutant, tests)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return "slow"
        return "killed" if os.WEXITSTATUS(status) else "survived"

    def _likely(self, mutant: Mutant) -> list[int]:
        """The tests that call what is wrong: those first that run the very line, of
        them those of its module, and then fast ones.
        """
        stem = Path(mutant.path).stem
        on_the_line = self._lines.get((mutant.key[0], mutant.line), set())
        tests = sorted(
            self._calls.get(mutant.key, ()),
            key=lambda number: (
                number not in on_the_line,
                stem not in self._session.items[number].nodeid.partition("::")[0],
                self._seconds[number],
            ),
        )
        sums = accumulate(self._seconds[number] for number in tests)
        count = sum(seconds <= MOST_SECONDS for seconds in sums)
        return tests[: max(count, 1)]

    def _be(self, mutant: Mutant, tests: list[int]) -> None:
        """In the child: it ends with 1 if a test fails. Does not return."""
        usual = sum(self._seconds[number] for number in tests)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_PATIENCE * math.ceil(usual + 1))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            put_in(mutant)
            failed = any(self._fails(number) for number in tests)
        except BaseException:  # noqa: BLE001 - it cannot even run
            failed = True
        os._exit(1 if failed else 0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutate", action="append", default=[], help="A module's path.")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    paths = session.config.getoption("--mutate")
    if not paths:
        return None
    Hunt(session, paths).run()
    return True
