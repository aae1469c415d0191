"""Servers as they ship, each in a process of its own, for tests that ask them."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.e2e.processes import CHECKOUT, Process, accepts_connections, free_address

SERVE = [sys.executable, "manage.py", "serve"]
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:quaysite.gunicorn"]
BOTH = pytest.mark.parametrize("command", [SERVE, GUNICORN], ids=["serve", "gunicorn"])
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def environment(folder: Path, **changed: str) -> dict[str, str]:
    (folder / "static").mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "VAR_DIR": str(folder), **changed}


class Running:
    """A server on `address`, whose logs are server.out and server.err in `folder`."""

    def __init__(self, command: list[str], folder: Path, **settings: str) -> None:
        self.folder = folder
        self.address = free_address()
        settings = {"BIND": self.address, "WORKERS": "2", **settings}
        self.variables = environment(folder, **settings)
        self.process = Process("server", command, self.variables, folder)
        self.process.wait_until(lambda: accepts_connections(self.address))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout

    def connect(self) -> socket.socket:
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=30)

    def send(self, request: bytes) -> bytes:
        """What the server answers until it closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def get(self, path: str, **headers: str) -> int:
        """The status of a GET."""
        request = Request(f"http://{self.address}{path}", headers=headers)
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code

    def workers(self) -> list[int]:
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def log(self, name: str = "out") -> bytes:
        return (self.folder / f"server.{name}").read_bytes()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts servers, which end with the test."""
    running: list[Running] = []

    def started(command: list[str], **settings: str) -> Running:
        running.append(Running(command, tmp_path, **settings))
        return running[-1]

    yield started
    for server in running:
        server.process.stop()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of a site, made once for all modules that import this."""
    return _migrated(tmp_path_factory.getbasetemp())


@cache
def _migrated(base: Path) -> Path:
    folder = base / "migrated"
    folder.mkdir()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=CHECKOUT,
        env=environment(folder),
        timeout=300,
        check=True,
    )
    return folder / "db.sqlite3"


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """The database of the test's own site, with no rows but those of migrations."""
    return Path(shutil.copy(migrated, tmp_path / "db.sqlite3"))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.05)


def request(method: str, path: str, *lines: bytes, body: bytes = b"") -> bytes:
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
    return start + b"Connection: close\r\n" + b"".join(lines) + b"\r\n" + body
