"""One bash for a page: what a command sets or where it goes, the next one finds."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

SECONDS = 180
"""For one command; a machine that is busy with other tests needs a while."""


class Shell:
    """A bash that runs commands one by one; `folder` is for its own files."""

    def __init__(self, folder: Path, cwd: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._cwd = cwd
        self._environment = environment
        self._read, write = os.pipe()
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", f"exec bash --norc 9>&{write}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=environment,
            pass_fds=[write],
            text=True,
            start_new_session=True,
        )
        os.close(write)
        self._beside: list[subprocess.Popen[bytes]] = []

    def run(self, command: str) -> tuple[str, int]:
        """What the command printed on both streams, and its exit code."""
        script, output = self._folder / "command", self._folder / "output"
        script.write_text(f"{command}\n")
        assert self._bash.stdin is not None
        self._bash.stdin.write(
            f". {script} </dev/null >{output} 2>&1 9>&-; echo $? >&9\n"
        )
        self._bash.stdin.flush()
        ready, _, _ = select.select([self._read], [], [], SECONDS)
        if not ready:
            raise TimeoutError(f"{command}\nprinted until now:\n{_text(output)}")
        code = os.read(self._read, 16)
        return _text(output), int(code or b"-1")

    def start(self, command: str, until: str) -> str:
        """Run a command beside the others; what it printed when `until` was there."""
        output = self._folder / f"beside-{len(self._beside)}"
        with output.open("wb") as out:
            self._beside.append(_started(command, self._cwd, self._environment, out))
        deadline = time.monotonic() + SECONDS
        while until not in _text(output):
            if self._beside[-1].poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{command}\nprinted until now:\n{_text(output)}")
            time.sleep(0.1)
        return _text(output)

    def close(self) -> None:
        """End what was started here, the group of each."""
        started: list[subprocess.Popen[Any]] = [*self._beside, self._bash]
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
                if process is self._bash:
                    os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self._bash.stdin is not None:
            self._bash.stdin.close()
        os.close(self._read)


def _started(
    command: str, cwd: Path, environment: dict[str, str], out: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-c", command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


@contextlib.contextmanager
def shell(folder: Path, cwd: Path, environment: dict[str, str]) -> Iterator[Shell]:
    """A Shell that is ended, whatever happens."""
    opened = Shell(folder, cwd, environment)
    try:
        yield opened
    finally:
        opened.close()
