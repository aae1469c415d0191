"""A whole run: every part that is wanted, on every database that is wanted."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.cases import Cases
from benchmarks.issuer import issuing
from benchmarks.options import Options
from benchmarks.parts import (
    bulk,
    comparison,
    endurance,
    loads,
    mixed,
    scaling,
    shipped,
    signing,
    starting,
)
from benchmarks.report import Report
from benchmarks.site import seeded
from benchmarks.world import World
from tests import postgres

ON_A_SITE: dict[str, Callable[[Bench], Report]] = {
    "signing": signing.measure,
    "cases": loads.measure,
    "servers": comparison.measure,
    "shipped": shipped.measure,
    "mixed": mixed.measure,
    "start": starting.measure,
    "memory": endurance.measure,
}
"""Parts that share one seeded site."""

ON_THEIR_OWN: dict[str, Callable[[Options, Path, str, str | None], Report]] = {
    "scale": scaling.measure,
    "bulk": bulk.measure,
}
"""Parts that make sites of their own."""


@contextmanager
def postgresql(options: Options) -> Iterator[str | None]:
    """The URL of a PostgreSQL server: that of DATABASE_URL, one here, or a new one.

    None if the run needs none; SystemExit if it does and there is none.
    """
    if "postgresql" not in options.engines:
        yield None
    elif (named := os.environ.get("DATABASE_URL", "")).startswith("postgres"):
        yield named
    else:
        with postgres.server() as url:
            if url is None:
                raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
            yield url


def everything(options: Options, folder: Path, server_url: str | None) -> Report:
    """All that is wanted, one after another: nothing else runs meanwhile."""
    found = Report()
    for engine in options.engines:
        found += _on_a_site(options, folder, engine, server_url)
        for part, measure in ON_THEIR_OWN.items():
            if part in options.parts:
                with _told(f"{part} on {engine}"):
                    found += measure(options, folder, engine, server_url)
    return found


def _on_a_site(
    options: Options, folder: Path, engine: str, server_url: str | None
) -> Report:
    found = Report()
    wanted = [part for part in ON_A_SITE if part in options.parts]
    if not wanted:
        return found
    world = World(options.robots, options.permissions)
    with (
        issuing() as signer,
        _told(f"the site on {engine}"),
        seeded(engine, server_url, world, folder / engine) as site,
    ):
        bench = Bench(options, site, Cases(site, signer))
        for part in wanted:
            with _told(f"{part} on {engine}"):
                found += ON_A_SITE[part](bench)
    return found


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say on stderr what is going on: a run takes long."""
    begun = time.monotonic()
    print(f"{what} ...", file=sys.stderr, flush=True)
    yield
    print(f"{what}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
