"""Processors are shared as services share them, while a run lasts.

Linux gives each session (setsid) an equal share where no cgroup does
(sched(7), "The autogroup feature"): then each of PostgreSQL's backends has as much as
all processes of a server together, and a priority counts among these alone. Services
of systemd and containers are in cgroups, where none of that is so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SWITCH = Path("/proc/sys/kernel/sched_autogroup_enabled")


@contextmanager
def switched_off(switch: Path = _SWITCH) -> Iterator[tuple[str, str]]:
    """Off within the block, if that can be had; a row of the table of the machine."""
    before = switch.read_text().strip() if switch.exists() else "0"
    if before == "0":
        yield _told("off")
        return
    try:
        switch.write_text("0\n")
    except OSError:
        yield _told("on: only root can switch them off")
        return
    try:
        yield _told("off, for this run")
    finally:
        switch.write_text(f"{before}\n")


def _told(how: str) -> tuple[str, str]:
    return "autogroups of sessions", how
