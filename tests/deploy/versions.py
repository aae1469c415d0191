"""Two versions of Quaysite on one database: checkouts, commands, servers."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.processes import CHECKOUT, Process, free_address
from tests.programs import SEARCH_PATH

START_SECONDS = 60
COMMAND_SECONDS = 600
DRAIN_SECONDS = 2.0
"""From when nobody is sent to a server until it is told to end, as a balancer does."""


@dataclass(frozen=True)
class Version:
    """A checkout and the interpreter that has its requirements."""

    name: str
    folder: Path
    python: str

    def manage(
        self, environment: Mapping[str, str], *arguments: str, stdin: str = ""
    ) -> str:
        """Run `manage.py`; its stdout. Raises RuntimeError with what went wrong."""
        done = subprocess.run(
            [self.python, "manage.py", *arguments],
            cwd=self.folder,
            env=dict(environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{self.name}: manage.py {arguments[0]}: {done.stdout}{done.stderr}"
            )
        return done.stdout


TODAY = Version("new", CHECKOUT, sys.executable)


def checked_out(commit: str, folder: Path) -> Version:
    """`commit` of this repository in `folder`, with an environment of its own if it
    wants other requirements.
    """
    checkout = folder / "old"
    checkout.mkdir()
    packed = subprocess.run(
        ["git", "archive", commit], cwd=CHECKOUT, stdout=subprocess.PIPE, check=True
    ).stdout
    subprocess.run(["tar", "x"], cwd=checkout, input=packed, check=True)
    return Version("old", checkout, _python(checkout, folder))


def _python(checkout: Path, folder: Path) -> str:
    wanted = (checkout / "requirements.txt").read_text()
    if wanted == (CHECKOUT / "requirements.txt").read_text():
        return sys.executable
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = str(venv / "bin" / "python")
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [python, *install, "-r", "requirements.txt"], cwd=checkout, check=True
    )
    return python


class Servers:
    """Servers of any versions with the same settings; `live` are those to be asked."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self.environment = {
            "PATH": SEARCH_PATH,
            "HOME": str(folder),
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": database_url,
            "SERVER_HOSTNAME": "127.0.0.1:8000",
            "REGISTRY_SERVICES": "127.0.0.1:5000",
            "WORKERS": "2",
            "THREADS": "4",
            "LOG_LEVEL": "WARNING",
            # Last uses are written, and events sealed, in every phase.
            "USAGE_FLUSH_SECONDS": "2",
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", ""),
        }
        (folder / "var").mkdir()
        self.live: tuple[tuple[str, str], ...] = ()
        self._running: list[tuple[str, str, Process]] = []

    def start(self, version: Version) -> None:
        """Start one, and have it asked once it is ready."""
        address = free_address()
        process = Process(
            f"server-{version.name}",
            [version.python, "manage.py", "serve"],
            {**self.environment, "BIND": address},
            self._folder,
            folder=version.folder,
        )
        self._running.append((version.name, address, process))
        deadline = time.monotonic() + START_SECONDS
        while not _is_ready(address):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the {version.name} server is not ready")
            time.sleep(0.1)
        self.live = (*self.live, (version.name, address))

    def stop(self, version: Version) -> None:
        """Ask those of this version no more; then end them as their operator does."""
        self.live = tuple(each for each in self.live if each[0] != version.name)
        time.sleep(DRAIN_SECONDS)
        ending = [each for each in self._running if each[0] == version.name]
        for each in ending:
            self._running.remove(each)
            each[2].stop()

    def log(self, version: Version) -> str:
        """What the servers of this version said."""
        return (self._folder / f"server-{version.name}.err").read_text(errors="replace")

    def stop_all(self) -> None:
        for *_, process in self._running:
            process.stop()


@contextmanager
def servers(folder: Path, database_url: str) -> Iterator[Servers]:
    """None of them outlives this block."""
    made = Servers(folder, database_url)
    try:
        yield made
    finally:
        made.stop_all()


def _is_ready(address: str) -> bool:
    """By /readyz; a version of before there was one is ready when it is alive."""
    status = _status(address, "/readyz")
    return (_status(address, "/healthz") if status == 404 else status) == 200


def _status(address: str, path: str) -> int | None:
    connection = http.client.HTTPConnection(address, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status
    return None
