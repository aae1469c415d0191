"""The site as it ships, with its logs, beside the empty view with an access log."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.kinds import SHIPPED
from benchmarks.parts.comparison import HEADER, compared
from benchmarks.parts.loads import MEASURED
from benchmarks.report import Report, Table
from benchmarks.rounds import take_turns
from benchmarks.servers import WORKERS


def measure(bench: Bench) -> Report:
    """One row; Quaysite writes a line a token beside the access log."""
    site, options = bench.site, bench.options
    name = f"site-{SHIPPED.package}"
    logs = (name + ".out", name + ".err", f"empty-{SHIPPED.package}.out")
    with (
        _unread(*(site.folder / log for log in logs)),
        bench.both(SHIPPED, log_level="INFO") as (ours, empty),
    ):
        tokens = bench.side(bench.cases.static, ours)
        nothing = bench.empty_side(empty)
        take_turns([tokens, nothing], MEASURED, options.seconds, options.rounds)
    row = (SHIPPED.name, *compared(tokens, nothing))
    note = (
        f"{WORKERS} workers, {MEASURED} connections. Quaysite writes its access log and"
        " a line a token, the empty view the same server's access log; to /dev/null."
    )
    return Report(tables=[Table(f"As shipped, on {site.engine}", HEADER, [row], note)])


@contextmanager
def _unread(*logs: Path) -> Iterator[None]:
    """What goes into these files during this block is thrown away."""
    for log in logs:
        log.unlink(missing_ok=True)
        log.symlink_to(os.devnull)
    yield
    for log in logs:
        log.unlink()
