"""Loads that take turns: A B C, C B A, A B C, so that a drifting machine favours none.

What is told of a case is the median of its rounds; what is told of two cases is the
median of the ratios of their rounds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import load, processes
from benchmarks.cases import Case
from benchmarks.load import Load
from benchmarks.servers import Server
from benchmarks.site import Site

_POOL = 20_000
_FIRST_RATE = 1500
_PASSES = 3
"""Of two workers each has then been asked 7 of 8 questions."""

_SPARE = 3
"""Single-use questions made for each that the fastest round before would have used. A
load that runs out of them asks old ones again, which are refused.
"""


@dataclass(frozen=True)
class Turn:
    """One load of one case. Microseconds of CPU a request: of server and database.

    `wrong` counts answers that the case does not allow, and those that never came.
    """

    load: Load
    cpu_us: float
    database_us: float
    peak_mb: float
    wrong: int


@dataclass
class Side:
    """A case on a server, with the turns it has had."""

    case: Case
    server: Server
    site: Site
    turns: list[Turn] = field(default_factory=list)
    _file: Path | None = None
    _rate: float = _FIRST_RATE

    def take(self, connections: int, seconds: int) -> None:
        """One more turn."""
        file = self._questions(seconds)
        serving, backends = self.server.pids, self.site.backends()
        for pid in serving:
            processes.forget_peak(pid)
        before = processes.cpu_seconds(serving), processes.cpu_seconds(backends)
        first = 0 if self.case.single_use else len(self.turns) * 7919
        wrk = load.start(self.server.address, file, connections, seconds, first=first)
        found = load.ended(wrk)
        # What wrk hung up on is still worked on; it belongs to this turn.
        processes.wait_until_idle(serving)
        served = processes.cpu_seconds(serving) - before[0]
        stored = processes.cpu_seconds(backends) - before[1]
        answers = max(found.requests, 1)
        self._rate = max(self._rate, found.requests / found.seconds)
        self.turns.append(
            Turn(
                load=found,
                cpu_us=served / answers * 1e6,
                database_us=stored / answers * 1e6,
                peak_mb=max(processes.peak_mb(pid) for pid in self.server.workers),
                wrong=found.lost + _wrong(self.case, found),
            )
        )

    def middle(self, value: Callable[[Turn], float]) -> float:
        """The median of what `value` tells of each turn."""
        return median(value(turn) for turn in self.turns)

    def settle(self, connections: int) -> None:
        """Ask all questions, until nearly each worker has been asked nearly each.

        What a robot does for the first time within minutes is written; what comes
        again is not, and a site that runs is mostly asked what comes again.
        """
        self.take(connections, 1)
        seconds = math.ceil(_PASSES * _POOL / max(self.turns[-1].load.rate, 1))
        self.take(connections, seconds)
        self.turns.clear()

    @property
    def rate(self) -> float:
        return self.middle(lambda turn: turn.load.rate)

    @property
    def wrong(self) -> int:
        return sum(turn.wrong for turn in self.turns)

    def _questions(self, seconds: int) -> Path:
        if self._file is None or self.case.single_use:
            count = int(self._rate * seconds * _SPARE) + 500
            asked = self.case.ask(count if self.case.single_use else _POOL)
            name = f"{self.server.address}-{self.case.key}.questions"
            self._file = load.write(asked, self.site.folder / name)
        return self._file


def take_turns(
    sides: Sequence[Side], connections: int, seconds: int, rounds: int
) -> None:
    """So many turns for each side, after one of a second that does not count.

    A single round has none: its figures mean little anyway.
    """
    for side in sides:
        if rounds > 1:
            side.take(connections, 1)
        side.turns.clear()
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.take(connections, seconds)


def settle(sides: Sequence[Side], connections: int, rounds: int) -> None:
    """Have all questions asked that uses are noted of. A single round has no time."""
    for side in sides:
        if side.case.is_used and rounds > 1:
            side.settle(connections)


def ratio(
    one: Side, other: Side, value: Callable[[Turn], float] = lambda turn: turn.load.rate
) -> float:
    """How many times the `value` of `other` that of `one` is, round by round.

    Not a number if `other` was never answered.
    """
    pairs = zip(one.turns, other.turns, strict=True)
    found = [value(mine) / value(its) for mine, its in pairs if value(its)]
    return median(found) if found else math.nan


def check(case: Case, server: Server) -> None:
    """Raise RuntimeError unless two questions are answered as the case wants it."""
    for question in case.ask(2)[:2]:
        status, body = load.ask(server.address, question)
        if status != case.status or not case.is_right(body):
            raise RuntimeError(f"{case.title}: {status} {body!r}")


def _wrong(case: Case, found: Load) -> int:
    if case.status >= 400:
        return found.requests - found.refused
    return 0 if case.is_shed else found.refused
