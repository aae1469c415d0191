"""How long a start takes, until a client has its first token."""

import os
import signal
import time
from statistics import median

from benchmarks import processes
from benchmarks.bench import Bench
from benchmarks.kinds import SHIPPED
from benchmarks.load import Question
from benchmarks.report import Report, Table, Target
from benchmarks.servers import wait_for_answer

MOST = 2.0
_TIMES = 3


def measure(bench: Bench) -> Report:
    """Seconds of the server from its start on, and of one worker that takes over."""
    question = bench.cases.static.ask(1)[0]
    turns = [_start(bench, question) for _ in range(_TIMES)]
    whole, cpu, worker = (median(found) for found in zip(*turns, strict=True))
    where = bench.site.engine
    return Report(
        targets=[
            Target.below("start to the first token", where, MOST, whole, " s"),
            Target.below(
                "a worker killed, to the next token", where, MOST, worker, " s"
            ),
        ],
        tables=[
            Table(
                f"Start, on {where}",
                ("of", "seconds", "of CPU"),
                [
                    ("the server, with one worker", f"{whole:.2f}", f"{cpu:.2f}"),
                    ("a worker in place of one that was killed", f"{worker:.2f}", ""),
                ],
                f"The server that ships; median of {_TIMES}.",
            )
        ],
    )


def _start(bench: Bench, question: Question) -> tuple[float, float, float]:
    """Seconds of a start, its CPU time, and seconds of a worker that takes over."""
    begun = time.monotonic()
    with bench.on(SHIPPED, workers=1) as server:
        wait_for_answer(server.address, question)
        whole, cpu = time.monotonic() - begun, processes.cpu_seconds(server.pids)
        os.kill(server.workers[0], signal.SIGKILL)
        return whole, cpu, wait_for_answer(server.address, question)
