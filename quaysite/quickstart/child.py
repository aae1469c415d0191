"""A server as a child process: started, waited for, watched, stopped."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from django.conf import settings

from quaysite.serving.parent import end_with_parent

START_SECONDS = 40
STOP_SECONDS = 15

_TAIL = 2000
"""Characters of a log that an error shows."""


class ChildFailed(Exception):
    """A server did not start; the text holds the end of its log."""


class Child:
    """A server whose output goes to the file `log`; `url` answers once it is up.

    It leads a process group of its own, so that Ctrl-C reaches the supervisor alone.
    """

    start_seconds = START_SECONDS

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        url: str,
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        """`environment` is what differs from ours; None leaves a variable out."""
        self.name = name
        self.log = log
        self._command = list(command)
        self._url = url
        changed = {**os.environ, **(environment or {})}
        self._environment = {k: v for k, v in changed.items() if v is not None}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting until it answers. Raises OSError."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command lines
                self._command,
                cwd=settings.BASE_DIR,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, os.getpid()),
            )

    def wait_until_ready(self) -> None:
        """Return once the server answers its URL, whatever it says.

        Raises ChildFailed if it ends, or does not answer within `start_seconds`.
        """
        deadline = time.monotonic() + self.start_seconds
        while not answers(self._url):
            if self.exit_code() is not None:
                raise ChildFailed(f"{self.name} did not start.\n{self._end_of_log()}")
            if time.monotonic() > deadline:
                raise ChildFailed(
                    f"{self.name} does not answer {self._url} after"
                    f" {self.start_seconds} seconds.\n{self._end_of_log()}"
                )
            time.sleep(0.1)

    def exit_code(self) -> int | None:
        """The exit code of a server that has ended; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """End the server and its workers: asked first, killed after STOP_SECONDS."""
        if self._process is None:
            return
        # Its leader alone: it lets its workers finish what they are at.
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _end_of_log(self) -> str:
        text = self.log.read_text(errors="replace")[-_TAIL:]
        return f"The end of {self.log}:\n{text}"


def answers(url: str) -> bool:
    """Whether an HTTP server answers there, with whatever status."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
