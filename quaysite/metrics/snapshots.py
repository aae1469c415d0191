"""What one worker counted, as the others read it; and all of it added up.

Counters must never go back, so what a dead worker counted stays: it is moved into one
file, which names the files that it holds. Should the move break off, none counts twice.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from quaysite.metrics.folder import locked, replace
from robots.tallies import Counts, add

logger = logging.getLogger(__name__)

_GONE = "gone.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts since a worker began; of now, entries not written and logins blocked."""

    totals: Counts = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """The counts of all workers there ever were; the rest of those that live."""

    totals: Counts
    waiting: Counter[str]
    blocked: int
    workers: int


def write(folder: Path, name: str, snapshot: Snapshot) -> None:
    """Tell the others. `name` begins with the process id. Raises OSError."""
    replace(folder / f"{name}.json", _as_json(snapshot))


def add_up(folder: Path, own_name: str, own: Snapshot) -> Sum:
    """`own` and what every other worker of the folder told. Raises OSError."""
    waiting = Counter(own.waiting)
    totals = dict(own.totals)
    blocked, workers = own.blocked, 1
    with locked(folder):
        others, dead, gone = _read(folder, own_name)
        for snapshot in others:
            add(totals, snapshot.totals)
            waiting.update(snapshot.waiting)
            blocked += snapshot.blocked
            workers += 1
        for _, snapshot in dead:
            add(gone.totals, snapshot.totals)
        add(totals, gone.totals)
        if dead:
            _bury(folder, gone, [path for path, _ in dead])
    return Sum(totals, waiting, blocked, workers)


def _read(
    folder: Path, own_name: str
) -> tuple[list[Snapshot], list[tuple[Path, Snapshot]], Snapshot]:
    """Of the others that live, of the dead, and what was counted by those before."""
    held, gone = _read_gone(folder)
    others, dead = [], []
    for path in sorted(folder.glob("*-*.json")):
        if path.name in held:
            path.unlink()
        elif path.stem != own_name and (snapshot := _read_one(path)) is not None:
            if _lives(path):
                others.append(snapshot)
            else:
                dead.append((path, snapshot))
    return others, dead, gone


def _bury(folder: Path, gone: Snapshot, paths: Iterable[Path]) -> None:
    """Keep what the dead counted in one file. Where that fails, theirs stay."""
    paths = list(paths)
    held = [path.name for path in paths]
    with suppress(OSError):
        replace(folder / _GONE, _as_json(gone, held=held))
        for path in paths:
            path.unlink()


def _read_gone(folder: Path) -> tuple[frozenset[str], Snapshot]:
    try:
        record = orjson.loads((folder / _GONE).read_bytes())
    except FileNotFoundError:
        return frozenset(), Snapshot()
    return frozenset(record["held"]), _snapshot(record)


def _read_one(path: Path) -> Snapshot | None:
    try:
        return _snapshot(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError) as error:
        logger.warning("%s cannot be read: %s", path, type(error).__name__)
        return None


def _lives(path: Path) -> bool:
    """All workers of one folder are in one process namespace: their server's."""
    try:
        os.kill(int(path.stem.partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _as_json(snapshot: Snapshot, **more: Any) -> bytes:
    totals = [[list(key), amount] for key, amount in snapshot.totals.items()]
    waiting, blocked = dict(snapshot.waiting), snapshot.blocked
    return orjson.dumps(
        {"totals": totals, "waiting": waiting, "blocked": blocked, **more}
    )


def _snapshot(record: Any) -> Snapshot:
    totals = {tuple(key): amount for key, amount in record["totals"]}
    return Snapshot(totals, Counter(record["waiting"]), record["blocked"])
