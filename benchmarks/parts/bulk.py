"""How long a change of many permissions takes, and how much memory.

`manage.py set_permissions` beside one raw INSERT ... SELECT of the same rows into the
same table.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import Options
from benchmarks.report import Report, Table, Target
from benchmarks.site import Site, seeded
from benchmarks.world import World

MOST = 2.0
_ROBOTS = 200
"""The second way to so many rows: robots, and repositories to fill them up."""

_FEWER = 10
"""Memory is also taken of a change that is so many times smaller."""


def measure(
    options: Options, folder: Path, engine: str, server_url: str | None
) -> Report:
    """Seconds of each way to so many rows, and MB; medians of some turns."""
    with seeded(engine, server_url, World(1, 1), folder / f"bulk-{engine}") as site:
        return _measured(site, options)


def _measured(site: Site, options: Options) -> Report:
    found = Report()
    rows: list[Sequence[str]] = []
    for robots in (1, _ROBOTS):
        each = options.bulk_rows // robots
        times = _of(site, "time", robots, each, options.rounds)
        rows += _rows(f"{robots} robots x {each} repositories", times)
        if robots == 1:
            fresh = times["fresh"]["ratio"]
            name = f"{each} permissions of a robot, of a raw INSERT"
            found.targets.append(Target.below(name, site.engine, MOST, fresh))
    header = ("change", "rows", "raw s", "set_permissions s", "ratio")
    note = "Audit events and the small print of each change are part of it."
    found.tables.append(Table(f"i Bulk changes, on {site.engine}", header, rows, note))
    found.tables.append(_memory(site, options.bulk_rows))
    return found


def _rows(title: str, times: dict[str, Any]) -> Iterator[Sequence[str]]:
    for name, of in times.items():
        raw, ours = of["raw"], of["ours"]
        yield title, name, f"{raw:.3f}", f"{ours:.3f}", f"{of['ratio']:.2f}"


def _memory(site: Site, most: int) -> Table:
    rows: list[Sequence[str]] = []
    for count in (most // _FEWER, most):
        taken = _of(site, "memory", 1, count, 1)
        rows += [(str(count), of, f"{size:.1f}") for of, size in taken.items()]
    header = ("permissions", "of", "MB more")
    return Table(f"Memory of bulk changes, on {site.engine}", header, rows)


def _of(
    site: Site, what: str, robots: int, repositories: int, times: int
) -> dict[str, Any]:
    """What `benchmarks.parts.bulk_cases` measures, in processes of their own."""
    name = f"{what}-{robots}-{repositories}"
    for case in (
        f"make({name!r}, {robots}, {repositories})",
        f"{what}({name!r}, {times})",
    ):
        code = f"from benchmarks.parts import bulk_cases as cases; cases.{case}"
        said = site.run("manage.py", "shell", "-v0", "-c", code)
    measured: dict[str, Any] = json.loads(said)
    return measured
