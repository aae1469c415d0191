"""The cases at every number of connections, beside an empty view on the same server."""

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.kinds import SYNC
from benchmarks.report import Report, Table, Target
from benchmarks.rounds import Side, ratio, settle, take_turns
from benchmarks.servers import WORKERS

MEASURED = 8
"""Connections at which the targets are looked at."""

STATIC = {"sqlite": 0.62, "postgresql": 0.46}
"""Of the empty view, where a bare token view has 0.65 and 0.48."""

BARE = 0.95
"""Of a bare token view: the same, and nearly the same on any machine."""

HEADER = (
    *("case", "connections", "requests/s", "of empty", "by CPU", "p50 ms", "p99 ms"),
    *("CPU us", "database CPU us", "queries", "peak MB a worker", "remarks"),
)


def measure(bench: Bench) -> Report:
    """The table of the site's database, and the targets that are ratios of two rows."""
    options, rows, found = bench.options, [], Report()
    cases = bench.cases.all()
    asked = {case.key: case.ask(3) for case in cases}
    queries = {"bare": 1, **bench.site.call("queries", asked=asked)}
    with bench.both(SYNC) as (site, empty), bench.bare(SYNC) as bare:
        for connections in options.connections:
            sides = [
                bench.empty_side(empty),
                bench.bare_side(bare),
                *(bench.side(case, site) for case in cases),
            ]
            if connections == options.connections[0]:
                settle(sides, MEASURED, options.rounds)
            is_measured = connections == MEASURED
            rounds = options.rounds if is_measured else options.fewer_rounds
            take_turns(sides, connections, options.seconds, rounds)
            rows += [_row(side, sides[0], connections, queries) for side in sides]
            if is_measured:
                found.targets += _targets(bench, sides)
    world = bench.site.world
    turns = f"{options.rounds} turns at {MEASURED} connections, else of"
    note = (
        f"{SYNC.name}, {WORKERS} workers, {world.robots} robots, {world.permissions}"
        f" permissions; median of {turns} {options.fewer_rounds}; {options.seconds} s"
        " each."
        " CPU is of all processes of the server, for one request."
    )
    table = Table(f"Cases on {bench.site.engine}", HEADER, rows, note)
    found.tables.append(table)
    return found


def _row(
    side: Side, empty: Side, connections: int, queries: dict[str, int]
) -> Sequence[str]:
    return (
        f"{side.case.key} {side.case.title}".removeprefix("empty "),
        str(connections),
        f"{side.rate:.0f}",
        f"{ratio(side, empty):.3f}",
        f"{ratio(empty, side, lambda turn: turn.cpu_us):.3f}",
        f"{side.middle(lambda turn: turn.load.p50):.2f}",
        f"{side.middle(lambda turn: turn.load.p99):.2f}",
        f"{side.middle(lambda turn: turn.cpu_us):.0f}",
        f"{side.middle(lambda turn: turn.database_us):.0f}",
        str(queries.get(side.case.key, 0)),
        f"{max(turn.peak_mb for turn in side.turns):.0f}",
        _remarks(side),
    )


def _remarks(side: Side) -> str:
    if side.wrong:
        return f"{side.wrong} WRONG ANSWERS"
    shed = sum(turn.load.refused for turn in side.turns) if side.case.is_shed else 0
    return f"{shed} answered 429" if shed else ""


def _targets(bench: Bench, sides: Sequence[Side]) -> list[Target]:
    where, of = bench.site.engine, {side.case.key: side for side in sides}
    least = STATIC[where]
    ratios = (
        ("static token, of an empty view", least, ratio(of["a"], of["empty"])),
        ("static token, of a bare view", BARE, ratio(of["a"], of["bare"])),
        ("10 scopes, of one scope", 0.7, ratio(of["f"], of["a"])),
        ("federated token, of a static one", 0.95, ratio(of["b"], of["a"])),
        ("wrong secret, of a right one", 1.0, ratio(of["g"], of["a"])),
        ("warm exchange, of a static token", 0.25, ratio(of["c"], of["a"])),
    )
    listed = ratio(of["h0"], of["h"])
    return [
        *(Target.at_least(name, where, least, found) for name, least, found in ratios),
        Target.below("API list with permissions, of one without", where, 3, listed),
    ]
