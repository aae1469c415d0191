"""Servers under test: started on a free port, and gone after the block."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from benchmarks import processes
from benchmarks.kinds import Kind
from benchmarks.load import Question, ask
from tests.e2e.processes import CHECKOUT, Process, accepts_connections, free_address

WORKERS = 2
_PAUSE = 0.005
_EMPTY = Path(__file__).parent / "empty"


class Server:
    """One that runs: where it listens, and what its processes take."""

    def __init__(self, process: Process, address: str) -> None:
        self._process = process
        self.address = address

    @property
    def pids(self) -> list[int]:
        """All its processes, the one that was started first."""
        return processes.family(self._process.pid)

    @property
    def workers(self) -> list[int]:
        """The processes that answer, the largest one first; others are small."""
        started = self.pids[1:] or self.pids
        return sorted(started, key=processes.resident_mb, reverse=True)


@contextmanager
def serving(
    kind: Kind,
    of: str,
    folder: Path,
    environment: Mapping[str, str],
    workers: int = WORKERS,
) -> Iterator[Server]:
    """What kinds call `of`, on a server of this kind, once it answers.

    Its logs are in `folder`.
    """
    address = free_address()
    path = os.pathsep.join([str(CHECKOUT), str(_EMPTY)])
    given = {**environment, "PYTHONPATH": path, "SERVER_HOSTNAME": address}
    command = kind.command(of, address, workers)
    process = Process(f"{of}-{kind.package}", command, given, folder)
    try:
        process.wait_until(lambda: accepts_connections(address))
        wait_for_answer(address, Question("/healthz"))
        yield Server(process, address)
    finally:
        process.stop()


def wait_for_answer(address: str, question: Question, most: float = 30) -> float:
    """Seconds until the answer to `question` is 200. Raises TimeoutError after `most`.

    Asked every few milliseconds, so that a start is measured as a client sees it.
    """
    begun, said = time.monotonic(), ""
    while time.monotonic() - begun < most:
        try:
            status, _ = ask(address, question)
            if status == 200:
                return time.monotonic() - begun
            said = str(status)
        except (OSError, HTTPException) as error:
            said = repr(error)
        time.sleep(_PAUSE)
    raise TimeoutError(f"{address}{question.path}: {said}, for {most} s")
