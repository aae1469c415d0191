"""A seeded site: its folder, its database, and what the servers are told of both."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import processes
from benchmarks.world import World
from tests.e2e.databases import Database, PostgresDatabase, SqliteDatabase
from tests.e2e.processes import CHECKOUT

SERVICE = "registry.example.test"


class Site:
    """`engine` is `sqlite` or `postgresql`; `world` is what its database holds."""

    def __init__(self, folder: Path, database: Database, world: World) -> None:
        self.folder = folder
        self.world = world
        self.database = database
        self.engine = "sqlite" if isinstance(database, SqliteDatabase) else "postgresql"

    @property
    def environment(self) -> dict[str, str]:
        """Of its servers and commands. It writes no line a token."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": self.database.url,
            "REGISTRY_SERVICES": SERVICE,
            "LOG_LEVEL": "WARNING",
            # Wrong secrets are counted as ever, and never too many.
            "LOGIN_FAILURE_LIMIT": "1000000000",
            "LOGIN_FAILURE_ADDRESS_LIMIT": "1000000000",
            "DJANGO_SETTINGS_MODULE": "quaysite.settings",
            # The issuer of the benchmark has no certificate.
            "FEDERATION_ALLOW_LOOPBACK_HTTP": "true",
        }

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run Python with the site's environment, in the checkout; its stdout.

        Raises RuntimeError, with what it wrote to stderr, if it fails.
        """
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function of `benchmarks.inside` within the site; its JSON answer."""
        code = f"from benchmarks import inside; inside.answer(inside.{function})"
        given = json.dumps(arguments)
        return json.loads(
            self.run("manage.py", "shell", "-v0", "-c", code, stdin=given)
        )

    def backends(self) -> list[int]:
        """The processes of PostgreSQL that serve this database; none of SQLite's."""
        if isinstance(self.database, SqliteDatabase):
            return []
        with psycopg.connect(self.database.url) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        return [pid for (pid,) in rows if processes.resident_mb(pid)]


@contextmanager
def seeded(
    engine: str, server_url: str | None, world: World, folder: Path
) -> Iterator[Site]:
    """A site on a new database of `engine`, with `world` in it; dropped at the end.

    Raises ValueError for PostgreSQL without the URL of a server.
    """
    folder.mkdir()
    database = _new_database(engine, server_url, folder)
    site = Site(folder, database, world)
    try:
        site.run("manage.py", "migrate", "-v0")
        site.run(
            *("-m", "benchmarks.seed", "--robots", str(world.robots)),
            *("--permissions", str(world.permissions)),
        )
        # What is still to be written would be, in the middle of what is measured.
        os.sync()
        yield site
    finally:
        database.drop()


def _new_database(engine: str, server_url: str | None, folder: Path) -> Database:
    if engine == "sqlite":
        return SqliteDatabase(folder)
    if server_url is None:
        raise ValueError("PostgreSQL needs the URL of a server")
    return PostgresDatabase(server_url)
