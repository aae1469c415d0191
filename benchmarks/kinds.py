"""The servers that are compared: how each is started, whatever it serves.

The same options serve all: only the application differs.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

SITE, EMPTY, BARE = "site", "empty", "bare"
_THREADS = 8
_WSGI = {
    SITE: "quaysite.wsgi:application",
    EMPTY: "empty_site:application",
    BARE: "bare_site:application",
}
_ASGI = {SITE: "benchmarks.asgi:application", EMPTY: "empty_site:asgi"}

Start = Callable[[str, str, int], list[str]]
"""The command for what is served, the address to listen on, and so many workers."""


@dataclass(frozen=True)
class Kind:
    """A server, and the package that it comes in."""

    name: str
    package: str
    command: Start

    @property
    def is_installed(self) -> bool:
        return find_spec(self.package) is not None


def _gunicorn(options: list[str], of: str, address: str, workers: int) -> list[str]:
    at = ["--bind", address, "--workers", str(workers), "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *at, *options, _WSGI[of]]


def _granian(threads: int, of: str, address: str, workers: int) -> list[str]:
    options = ["--interface", "wsgi", "--blocking-threads", str(threads)]
    quiet = ["--http", "1", "--no-ws", "--log-level", "error"]
    start = [sys.executable, "-m", "granian", *_listen(address, workers)]
    return [*start, *options, *quiet, _WSGI[of]]


def _uvicorn(of: str, address: str, workers: int) -> list[str]:
    quiet = ["--no-access-log", "--log-level", "error"]
    start = [sys.executable, "-m", "uvicorn", *_listen(address, workers)]
    return [*start, *quiet, _ASGI[of]]


def _shipped(of: str, address: str, workers: int) -> list[str]:
    """`manage.py serve`, or the same for the empty view (empty/serve_empty.py)."""
    serve = ["manage.py", "serve"] if of == SITE else ["-m", "serve_empty"]
    return [sys.executable, *serve, "--bind", address, "--workers", str(workers)]


def _listen(address: str, workers: int) -> list[str]:
    host, _, port = address.rpartition(":")
    return ["--host", host, "--port", port, "--workers", str(workers)]


SYNC = Kind("gunicorn sync", "gunicorn", partial(_gunicorn, ["--worker-class=sync"]))
GTHREAD = Kind(
    f"gunicorn gthread, {_THREADS} threads",
    "gunicorn",
    partial(_gunicorn, ["--worker-class=gthread", f"--threads={_THREADS}"]),
)
SHIPPED = Kind("manage.py serve, which logs", "granian", _shipped)
KINDS = (
    SYNC,
    GTHREAD,
    *(
        Kind(
            f"granian, {threads} blocking threads",
            "granian",
            partial(_granian, threads),
        )
        for threads in (1, 2, 4)
    ),
    Kind("uvicorn", "uvicorn", _uvicorn),
    SHIPPED,
)
"""What is compared with each other. None but the last writes an access log."""
