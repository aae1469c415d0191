"""What a run does: how much, how long, on what."""

import argparse
from dataclasses import dataclass

PARTS = (
    "signing",
    "cases",
    "servers",
    "shipped",
    "mixed",
    "start",
    "memory",
    "scale",
    "bulk",
)
"""In the order in which they run."""

ENGINES = ("sqlite", "postgresql")
SCALES = (1_000, 100_000, 1_000_000)
PERMISSIONS_A_ROBOT = 10
"""Of the worlds that are compared by size: 10^7 at 10^6 robots."""


@dataclass(frozen=True)
class Options:
    """`rounds` are turns of `seconds` each, where a target is looked at.

    `requests` are those of a worker in `memory`, which lasts for so many `flushes` of
    usage. `robots` and `permissions` are those of the site
    that is measured, but for `scale`.
    """

    parts: tuple[str, ...] = PARTS
    engines: tuple[str, ...] = ENGINES
    connections: tuple[int, ...] = (1, 8, 32)
    scales: tuple[int, ...] = SCALES
    seconds: int = 2
    rounds: int = 9
    robots: int = 20_000
    permissions: int = 500_000
    requests: int = 100_000
    flushes: int = 8
    bulk_rows: int = 50_000

    @property
    def fewer_rounds(self) -> int:
        """Turns where no target is looked at."""
        return (self.rounds + 2) // 3


QUICK = Options(
    connections=(8,),
    scales=(1_000, 10_000),
    seconds=1,
    rounds=1,
    robots=1_000,
    permissions=25_000,
    requests=2_500,
    flushes=0,
    bulk_rows=5_000,
)
"""Shows that everything works; its figures mean little."""


def parse(arguments: list[str] | None = None) -> Options:
    """The options of a command line. Exits with a message for one that is unknown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in 3 minutes, roughly")
    parser.add_argument("--only", type=_parts, help=f"of {','.join(PARTS)}")
    parser.add_argument("--databases", type=_engines, help=f"of {','.join(ENGINES)}")
    parser.add_argument("--scale", type=_numbers, help="robots, as 10^3,10^5")
    parser.add_argument("--connections", type=_numbers, help="as 1,8,32")
    parser.add_argument("--seconds", type=int, help="of one turn")
    parser.add_argument("--rounds", type=int, help="turns, whose median is told")
    given = parser.parse_args(arguments)
    base = QUICK if given.quick else Options()
    return Options(
        parts=given.only or base.parts,
        engines=given.databases or base.engines,
        connections=given.connections or base.connections,
        scales=given.scale or base.scales,
        seconds=given.seconds or base.seconds,
        rounds=given.rounds or base.rounds,
        robots=base.robots,
        permissions=base.permissions,
        requests=base.requests,
        bulk_rows=base.bulk_rows,
    )


def _parts(text: str) -> tuple[str, ...]:
    return _some_of(text, PARTS)


def _engines(text: str) -> tuple[str, ...]:
    return _some_of(text, ENGINES)


def _some_of(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = text.split(",")
    if unknown := set(wanted) - set(known):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} is none")
    return tuple(name for name in known if name in wanted)


def _numbers(text: str) -> tuple[int, ...]:
    """`10^3,20000` as numbers."""
    return tuple(sorted(_number(part) for part in text.split(",")))


def _number(text: str) -> int:
    base, caret, exponent = text.partition("^")
    return int(base) ** int(exponent) if caret else int(base)
