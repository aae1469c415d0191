"""Memory of a worker over very many requests: how much, and whether it grows.

What waits to be written grows until it is, and what is freed then is used again, so
both halves hold several flushes of usage.
"""

import time
from collections.abc import Sequence

from benchmarks import load, processes
from benchmarks.bench import Bench
from benchmarks.kinds import SHIPPED
from benchmarks.parts.loads import MEASURED
from benchmarks.report import Report, Table, Target
from benchmarks.servers import WORKERS, Server

MOST_MB = 150.0
MOST_GROWTH = 0.02
"""Of the memory at half way: less than this is called flat."""

_ROWS = 10
_KINDS = 3

_FLUSH_SECONDS = 60
"""USAGE_FLUSH_SECONDS, unless somebody sets it."""


def measure(bench: Bench) -> Report:
    """Resident memory while static tokens, federated ones and wrong secrets take turns.

    The largest worker counts.
    """
    with bench.on(SHIPPED) as server:
        samples = _samples(bench, server)
    last, half = samples[-1][1], _at(samples, samples[-1][0] / 2)
    growth = last / half - 1
    where = f"{bench.site.engine}, {samples[-1][0]} requests"
    rows = [(str(count), f"{size:.1f}") for count, size in _thinned(samples)]
    note = "The server that ships; the largest worker's resident memory (VmRSS)."
    return Report(
        targets=[
            Target.below("memory of a worker", where, MOST_MB, last, " MB"),
            Target.below(
                "its growth in the last half",
                where,
                MOST_GROWTH * 100,
                growth * 100,
                " %",
            ),
        ],
        tables=[
            Table(f"Memory, on {bench.site.engine}", ("requests", "MB"), rows, note)
        ],
    )


def _samples(bench: Bench, server: Server) -> list[tuple[int, float]]:
    """Requests so far, and megabytes after them."""
    wanted = bench.options.requests * WORKERS
    until = time.monotonic() + bench.options.flushes * _FLUSH_SECONDS * 1.1
    cases = bench.cases
    files = [
        load.write(case.ask(20_000), bench.folder / f"memory-{case.key}.questions")
        for case in (cases.static, cases.federated, cases.wrong_secret)
    ]
    count, samples = 0, [(0, _largest(server))]
    while count < wanted or time.monotonic() < until:
        file = files[len(samples) % _KINDS]
        wrk = load.start(server.address, file, MEASURED, 1, first=count)
        count += load.ended(wrk).requests
        samples.append((count, _largest(server)))
    return samples


def _largest(server: Server) -> float:
    return max(processes.resident_mb(pid) for pid in server.workers)


def _at(samples: Sequence[tuple[int, float]], requests: float) -> float:
    """Memory after so many requests."""
    return next(size for count, size in samples if count >= requests)


def _thinned(samples: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    step = max(1, len(samples) // _ROWS)
    return [*samples[:-1:step], samples[-1]]
