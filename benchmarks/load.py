"""One load: wrk sends the questions of a file for some seconds.

wrk comes with Debian (`apt-get install wrk`). It runs one thread, since it shares the
machine with the servers that it measures.
"""

import http.client
import json
import random
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).with_name("requests.lua")
TIMEOUT_SECONDS = 30
_POOL = 20_000
"""Questions of one file at most; wrk begins each run at another of them."""


class Question(NamedTuple):
    """A GET of `path`, with an Authorization header unless `login` is empty."""

    path: str
    login: str = ""


@dataclass(frozen=True)
class Load:
    """What one run of wrk found. `p50` and `p99` are milliseconds.

    `refused` counts answers of 400 and more, `lost` those that never came.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    lost: int

    @property
    def rate(self) -> float:
        """Answers a second that were not refusals, or that all were."""
        if self.refused == self.requests:
            return self.requests / self.seconds
        return (self.requests - self.refused) / self.seconds


def require_wrk() -> str:
    """The path of wrk; ends the program where there is none."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    return found


def write(questions: Iterable[Question], file: Path) -> Path:
    """The file that `requests.lua` reads."""
    with file.open("w") as out:
        out.writelines(f"{path}\t{login}\n" for path, login in questions)
    return file


def start(
    address: str, file: Path, connections: int, seconds: float, *, first: int = 0
) -> "subprocess.Popen[str]":
    """wrk at work; `ended` waits for it."""
    command = [
        *(require_wrk(), "-t1", f"-c{connections}", f"-d{seconds:g}s"),
        *("--timeout", f"{TIMEOUT_SECONDS}s", "-s", str(SCRIPT)),
        *(f"http://{address}", "--", str(file), str(first)),
    ]
    return subprocess.Popen(  # noqa: S603 - wrk, with files of ours
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(process: "subprocess.Popen[str]") -> Load:
    """What wrk found. Raises RuntimeError, with what it wrote, if it failed."""
    text, _ = process.communicate()
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        raise RuntimeError(f"wrk: {text}")
    found = json.loads(lines[-1])
    return Load(
        requests=found["requests"],
        seconds=found["duration"] / 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        refused=found["refused"],
        lost=found["lost"],
    )


def some(numbers: Sequence[int], seed: int, most: int = _POOL) -> list[int]:
    """At most `most` of `numbers`, in an order that `seed` alone decides."""
    return random.Random(seed).sample(numbers, min(most, len(numbers)))  # noqa: S311


def ask(address: str, question: Question) -> tuple[int, bytes]:
    """Status and body of one question, asked apart from any load."""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    try:
        login = {"Authorization": question.login} if question.login else {}
        connection.request("GET", question.path, headers=login)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
