"""On what a run was made: the machine, and the versions of everything in it."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg

from benchmarks.load import require_wrk
from benchmarks.report import Table

_PACKAGES = (
    *("Django", "PyJWT", "cryptography", "psycopg", "gunicorn", "granian", "uvicorn"),
)
_SETTINGS = ("server_version", "shared_buffers", "synchronous_commit", "fsync")


def table(server_url: str | None, programs: Sequence[tuple[str, str]] = ()) -> Table:
    """The machine as a table; `server_url` is that of PostgreSQL, if it is used.

    `programs` are others that took part, each with its version.
    """
    rows = [
        ("when", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("commit", said("git", "rev-parse", "--short", "HEAD")),
        ("processor", f"{os.cpu_count()} x {_processor()}"),
        ("memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE'):,} B"),
        ("load before", f"{os.getloadavg()[0]:.2f}"),
        ("system", f"{_distribution()}, Linux {platform.release()}"),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        *((name, _version(name)) for name in _PACKAGES),
        *programs,
    ]
    if server_url:
        rows += _postgresql(server_url)
    return Table("Machine and versions", ("what", "which"), rows)


def wrk() -> tuple[str, str]:
    """wrk and its version; ends the program where there is none."""
    return "wrk", said(require_wrk(), "-v").partition(" Copyright")[0]


def _postgresql(server_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(server_url) as connection:
        shown = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings"
            " WHERE name = ANY(%s) ORDER BY name DESC",
            [list(_SETTINGS)],
        ).fetchall()
    return [(f"PostgreSQL, {name}", value) for name, value in shown]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def said(*command: str) -> str:
    """The first line that a program writes; empty where it fails.

    wrk says its version and ends with 1.
    """
    try:
        done = subprocess.run(  # noqa: S603 - programs named here
            command,
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return (done.stdout.splitlines() or [""])[0] if done.returncode <= 1 else ""
