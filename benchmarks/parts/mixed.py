"""Robots among others: what wrong secrets and people's logins do to their p99."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import load, processes
from benchmarks.bench import Bench
from benchmarks.cases import Case
from benchmarks.kinds import SHIPPED
from benchmarks.load import Load
from benchmarks.report import Report, Table, Target
from benchmarks.servers import Server

RIGHT, WRONG, PEOPLE = 10, 4, 2
"""Connections of each: 16 in all."""

MOST = 3.0
_ROUNDS = 2
"""Times the rounds of other parts: a p99 takes more requests than a median."""


def measure(bench: Bench) -> Report:
    """The p99 of right requests of robots, with and without the others, in turns."""
    cases, folder = bench.cases, bench.folder
    loads = [
        (_file(case, folder), connections)
        for case, connections in (
            (cases.static, RIGHT),
            (cases.wrong_secret, WRONG),
            (cases.password, PEOPLE),
        )
    ]
    alone, among = [], []
    options = bench.options
    with bench.on(SHIPPED) as server:
        _together(server, loads, 1, 0)
        for number in range(options.rounds * _ROUNDS):
            alone.append(_together(server, loads[:1], options.seconds, number)[0])
            among.append(_together(server, loads, options.seconds, number))
    times = median(
        with_others[0].p99 / without.p99
        for with_others, without in zip(among, alone, strict=True)
    )
    where = bench.site.engine
    name = "p99 of robots among wrong secrets and logins, of that without them"
    rows = [
        _row(f"{RIGHT} of robots, alone", alone),
        _row(f"{RIGHT} of robots, among the others", [turn[0] for turn in among]),
        _row(f"{WRONG} with wrong secrets", [turn[1] for turn in among]),
        _row(f"{PEOPLE} of people who log in", [turn[2] for turn in among]),
    ]
    header = ("connections", "answers/s", "p50 ms", "p99 ms", "of 400 and more", "lost")
    note = "The server that ships. People past the bound of hashes are answered 429."
    return Report(
        targets=[Target.below(name, where, MOST, times)],
        tables=[Table(f"Robots among others, on {where}", header, rows, note)],
    )


def _file(case: Case, folder: Path) -> Path:
    return load.write(case.ask(20_000), folder / f"mixed-{case.key}.questions")


def _together(
    server: Server, loads: Sequence[tuple[Path, int]], seconds: int, number: int
) -> list[Load]:
    """Each of `loads` by a wrk of its own, all at once."""
    begun = [
        load.start(server.address, file, connections, seconds, first=number * 7919)
        for file, connections in loads
    ]
    found = [load.ended(process) for process in begun]
    # Logins that wrk hung up on are still hashed; the next turn is not to have them.
    processes.wait_until_idle(server.pids)
    return found


def _row(name: str, turns: Sequence[Load]) -> Sequence[str]:
    return (
        name,
        f"{median(turn.requests / turn.seconds for turn in turns):.0f}",
        f"{median(turn.p50 for turn in turns):.2f}",
        f"{median(turn.p99 for turn in turns):.2f}",
        str(sum(turn.refused for turn in turns)),
        str(sum(turn.lost for turn in turns)),
    )
