"""The threads of a worker share what glibc's malloc keeps."""

import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quaysite.serving.arenas import ARENAS
from tests.quaysite.servers import SERVE, Running, database, migrated, start

__all__ = ["database", "migrated", "start"]

HEAP_BYTES = 64 * 1024 * 1024
"""Of a thread's arena: as many are reserved for it, at a multiple of as many."""

THREADS = 8

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="of glibc's malloc"
)


@needs_glibc
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("variables", "least", "most"),
    [({}, 1, ARENAS), ({"MALLOC_ARENA_MAX": "5"}, ARENAS + 1, 5)],
    ids=["ours", "the operator's"],
)
def test_threads_share_arenas(
    start: Callable[..., Running], variables: dict[str, str], least: int, most: int
) -> None:
    server = start(SERVE, WORKERS="1", THREADS=str(THREADS), **variables)
    with ThreadPoolExecutor(2 * THREADS) as pool:
        paths = ["/healthz"] * 40 * THREADS
        assert set(pool.map(server.get, paths)) == {200}
    (worker,) = server.workers()
    assert least <= _arenas(worker) <= most


def _arenas(pid: int) -> int:
    """The main one, and those whose memory is where a thread's is."""
    ends: dict[int, int] = {}
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        begin, _, end = line.partition(" ")[0].partition("-")
        ends[int(begin, 16)] = int(end, 16)
    # Two mappings, of which the first can be written.
    heaps = [
        begin
        for begin, end in ends.items()
        if begin % HEAP_BYTES == 0 and ends.get(end) == begin + HEAP_BYTES
    ]
    return 1 + len(heaps)
