"""PostgreSQL servers of the tests' own: a primary, and a standby that streams from it.

PostgreSQL does not run as root: its programs then run as the user of the package.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.programs import find

_USER = "postgres"
_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "wal_receiver_status_interval": "1s",
}


class Cluster:
    """One server on a free port of the loopback address, which trusts whoever asks.

    `settings` come on top of those that all have here.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self._settings = _SETTINGS | settings
        self.data = folder / "data"
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def url(self, database: str = "postgres") -> str:
        return f"postgres://{_USER}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        options = ["-A", "trust", "-U", _USER, "--no-sync", "-E", "UTF8"]
        self._run("initdb", "-D", str(self.data), *options)

    def create_from(self, primary: "Cluster") -> None:
        """Copy `primary`, so as to be its standby from the first start on."""
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", _USER]
        copying = ["-R", "-X", "stream", "-c", "fast", "--no-sync"]
        self._run("pg_basebackup", *source, "-D", str(self.data), *copying)

    def start(self) -> None:
        settings = {
            **self._settings,
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        log = str(self._folder / "log")
        self._control("start", "-w", "-l", log, "-o", options)

    def stop(self) -> None:
        """Cut every connection and end, as a machine does that is switched off."""
        if (self.data / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate")

    def promote(self) -> None:
        self._control("promote", "-w")

    def ask(
        self, statement: LiteralString, *values: Any, database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """The rows of one statement, outside of a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def _control(self, deed: str, *options: str) -> None:
        self._run("pg_ctl", deed, "-D", str(self.data), *options)

    def _run(self, program: str, *arguments: str) -> None:
        path = find(program)
        assert path is not None, f"{program} is not installed"
        command = [path, *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", _USER, "--", *command]
        with (self._folder / "output").open("ab") as output:
            subprocess.run(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_SECONDS,
                check=True,
            )


class Pair:
    """A primary and its standby, which follows within milliseconds unless held."""

    def __init__(self, primary: Cluster, standby: Cluster) -> None:
        self.primary = primary
        self.standby = standby

    def catch_up(self) -> None:
        """Return once the standby shows all that is committed by now."""
        ((target,),) = self.primary.ask("SELECT pg_current_wal_lsn()::text")
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            ((done,),) = self.standby.ask(
                "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", target
            )
            if done:
                return
            time.sleep(0.01)
        raise AssertionError("the standby does not follow")

    @contextmanager
    def held(self) -> Iterator[None]:
        """The standby shows nothing new during this block."""
        self.standby.ask("SELECT pg_wal_replay_pause()")
        while self.standby.ask("SELECT pg_get_wal_replay_pause_state()") != [
            ("paused",)
        ]:
            time.sleep(0.01)
        try:
            yield
        finally:
            self.standby.ask("SELECT pg_wal_replay_resume()")


@contextmanager
def running_pair() -> Iterator[Pair]:
    """A new primary and a standby; nothing is left of them after the block."""
    with ExitStack() as stack:
        primary, standby = (_new_cluster(stack) for _ in range(2))
        primary.create()
        primary.start()
        standby.create_from(primary)
        standby.start()
        yield Pair(primary, standby)


@contextmanager
def running_cluster(**settings: str) -> Iterator[Cluster]:
    """A new server on its own, with further `settings`."""
    with ExitStack() as stack:
        cluster = _new_cluster(stack, **settings)
        cluster.create()
        cluster.start()
        yield cluster


def _new_cluster(stack: ExitStack, **settings: str) -> Cluster:
    # Not below pytest's folder: its user alone may enter that one.
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="quaysite-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    cluster = Cluster(Path(folder), **settings)
    stack.callback(cluster.stop)
    return cluster
