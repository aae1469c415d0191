"""Servers beside each other: the token path and the empty view, in absolute terms."""

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.kinds import KINDS, Kind
from benchmarks.parts.loads import MEASURED
from benchmarks.report import Report, Table
from benchmarks.rounds import Side, ratio, take_turns
from benchmarks.servers import WORKERS

HEADER = (
    *("server", "token/s", "p50 ms", "p99 ms", "CPU us", "peak MB a worker"),
    *("empty view/s", "of empty", "remarks"),
)


def measure(bench: Bench) -> Report:
    """One row a server, in the order of their rates: the best one first."""
    rows = [_measured(bench, kind) for kind in KINDS if kind.is_installed]
    rows.sort(key=lambda row: -float(row[1]))
    missing = [kind.name for kind in KINDS if not kind.is_installed]
    note = f"{WORKERS} workers, {MEASURED} connections, static robot tokens."
    if missing:
        note += f" Not installed: {', '.join(missing)}."
    title = f"Servers on {bench.site.engine}"
    return Report(tables=[Table(title, HEADER, rows, note)])


def _measured(bench: Bench, kind: Kind) -> Sequence[str]:
    with bench.both(kind) as (site, empty):
        tokens = bench.side(bench.cases.static, site)
        nothing = bench.empty_side(empty)
        options = bench.options
        take_turns([tokens, nothing], MEASURED, options.seconds, options.fewer_rounds)
    return (kind.name, *compared(tokens, nothing))


def compared(tokens: Side, nothing: Side) -> Sequence[str]:
    """The cells of a row, after its name."""
    wrong = tokens.wrong + nothing.wrong
    return (
        f"{tokens.rate:.0f}",
        f"{tokens.middle(lambda turn: turn.load.p50):.2f}",
        f"{tokens.middle(lambda turn: turn.load.p99):.2f}",
        f"{tokens.middle(lambda turn: turn.cpu_us):.0f}",
        f"{max(turn.peak_mb for turn in tokens.turns):.0f}",
        f"{nothing.rate:.0f}",
        f"{ratio(tokens, nothing):.3f}",
        f"{wrong} WRONG ANSWERS" if wrong else "",
    )
