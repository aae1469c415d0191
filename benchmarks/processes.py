"""What processes took of the machine, as the kernel counts it (proc(5))."""

import contextlib
import math
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_REST = 0.15
_USER, _SYSTEM, _PARENT = 11, 12, 1
"""Places in /proc/PID/stat, counted from the process's state on."""


def family(pid: int) -> list[int]:
    """The process and all that it started, and they, the first one first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parent = int(fields[_PARENT])
            children.setdefault(parent, []).append(int(folder.name))
    return list(_below(pid, children))


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes; one that has ended counts nothing."""
    found = [fields for pid in pids if (fields := _stat(pid))]
    ticks = sum(int(fields[_USER]) + int(fields[_SYSTEM]) for fields in found)
    return ticks * _TICK


def wait_until_idle(pids: Sequence[int], most: float = 20) -> None:
    """Return once processes have rested for a moment, or after `most` seconds."""
    end, before = time.monotonic() + most, -math.inf
    while time.monotonic() < end:
        now = cpu_seconds(pids)
        # One tick is what a thread that wakes up each second takes.
        if now - before <= _TICK:
            return
        before = now
        time.sleep(_REST)


def forget_peak(pid: int) -> None:
    """Let `peak_mb` begin anew."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """The most memory that the process has had resident (VmHWM), in MB; 0 if gone."""
    return _status(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    """The memory that the process has resident (VmRSS), in MB; 0 if it is gone."""
    return _status(pid, "VmRSS")


def _below(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in sorted(children.get(pid, ())):
        yield from _below(child, children)


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold spaces; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _status(pid: int, field: str) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    sizes = [line.split()[1] for line in text.splitlines() if line.startswith(field)]
    return int(sizes[0]) / 1000 if sizes else 0
