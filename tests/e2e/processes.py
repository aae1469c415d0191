"""Servers as child processes: each in its own process group, none left running."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

START_SECONDS = 40
STOP_SECONDS = 15


class Process:
    """A running server; its output is added to NAME.out and NAME.err in `logs`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        logs: Path,
        folder: Path = CHECKOUT,
    ) -> None:
        self.name = name
        self._errors = logs / f"{name}.err"
        with (
            (logs / f"{name}.out").open("ab") as out,
            self._errors.open("ab") as err,
        ):
            self._popen = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the process that was started, which leads its group."""
        return self._popen.pid

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once `ready`; stop the process and raise RuntimeError if it fails."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._popen.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"{self.name} did not start:\n"
                    + self._errors.read_text(errors="replace")[-2000:]
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End the whole process group: asked first, killed after STOP_SECONDS."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._popen.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End the whole process group at once, as when the power fails."""
        self._signal(signal.SIGKILL)
        self._popen.wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)


def free_address() -> str:
    """`127.0.0.1:PORT` that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def accepts_connections(address: str) -> bool:
    """Whether something listens on `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
