"""Whether a token costs the same among a thousand robots and among a million."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.cases import static_case
from benchmarks.kinds import SITE, SYNC
from benchmarks.options import PERMISSIONS_A_ROBOT, Options
from benchmarks.parts.loads import MEASURED
from benchmarks.report import Report, Table, Target
from benchmarks.rounds import Side, check, ratio, settle, take_turns
from benchmarks.servers import WORKERS, serving
from benchmarks.site import seeded
from benchmarks.world import World

MOST = 1.25


def measure(
    options: Options, folder: Path, engine: str, server_url: str | None
) -> Report:
    """A site of each size, all running at once and loaded in turns."""
    built, sides = [], []
    with ExitStack() as stack:
        for robots in options.scales:
            world = World(robots, robots * PERMISSIONS_A_ROBOT)
            begun = time.monotonic()
            home = folder / f"{engine}-{robots}"
            site = stack.enter_context(seeded(engine, server_url, world, home))
            built.append(time.monotonic() - begun)
            server = stack.enter_context(
                serving(SYNC, SITE, site.folder, site.environment)
            )
            case = static_case(world)
            check(case, server)
            sides.append(Side(case, server, site))
        settle(sides, MEASURED, options.rounds)
        rows = []
        for connections in (1, MEASURED):
            take_turns(sides, connections, options.seconds, options.rounds)
            rows += [
                _row(side, sides[0], connections, seconds)
                for side, seconds in zip(sides, built, strict=True)
            ]
    found = ratio(sides[-1], sides[0], lambda turn: turn.load.p50)
    name = f"p50 among {options.scales[-1]} robots, of that among {options.scales[0]}"
    header = (
        *("robots", "permissions", "built in s", "connections", "token/s", "p50 ms"),
        *("p50, of the smallest", "p99 ms", "CPU us", "database CPU us"),
    )
    note = f"{SYNC.name}, {WORKERS} workers; static tokens of robots picked by a seed."
    return Report(
        targets=[Target.below(name, engine, MOST, found)],
        tables=[Table(f"Growth, on {engine}", header, rows, note)],
    )


def _row(side: Side, smallest: Side, connections: int, seconds: float) -> Sequence[str]:
    world = side.site.world
    return (
        str(world.robots),
        str(world.permissions),
        f"{seconds:.0f}",
        str(connections),
        f"{side.rate:.0f}",
        f"{side.middle(lambda turn: turn.load.p50):.2f}",
        f"{ratio(side, smallest, lambda turn: turn.load.p50):.2f}",
        f"{side.middle(lambda turn: turn.load.p99):.2f}",
        f"{side.middle(lambda turn: turn.cpu_us):.0f}",
        f"{side.middle(lambda turn: turn.database_us):.0f}",
    )
