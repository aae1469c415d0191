"""A PostgreSQL server for the tests: one that is there, or a throw-away one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

URL = "TEST_POSTGRES_URL"
"""Environment variable that names a server where databases may be created."""

PACKAGE = "postgresql"


def can_be_had() -> bool:
    """Whether `server` will have a URL to give."""
    here = os.environ.get(URL) or _answers("dbname=postgres") or _binaries()
    return bool(here)


@contextmanager
def server() -> Iterator[str | None]:
    """The URL of a database to test with, or None where no server can be had."""
    named = os.environ.get(URL)
    if named:
        yield named
    elif _answers("dbname=postgres"):
        yield "postgres:///postgres"
    elif binaries := _binaries():
        with _throw_away_server(binaries) as url:
            yield url
    else:
        yield None


def _answers(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def _binaries() -> Path | None:
    """The newest installed server's programs; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def _throw_away_server(binaries: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="quaysite-postgres-"))
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    start = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-o", options]
    try:
        _run(
            [str(binaries / "initdb"), "-D", str(data), "-U", "quaysite", "-A", "trust"]
        )
        _run([*start, "-l", str(folder / "log"), "start"])
        yield f"postgres://quaysite@/postgres?host={folder}"
    finally:
        _run([str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    """The server refuses to run as root, so root becomes `postgres`."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
