"""How long a change of many permissions takes, and how much memory: ratios of one run.

Makes a database of its own (SQLite, or one on the server of DATABASE_URL) and compares
`manage.py set_permissions` with one raw INSERT ... SELECT of the same rows into the
same table. `python -m benchmarks.bulk`
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.e2e.databases import Database, new_database

CHECKOUT = Path(__file__).resolve().parent.parent
CASES = ((1, 50_000), (200, 1_000))
"""Robots, and repositories on which each of them gets a permission."""

SIZES = (5_000, 50_000)
"""Repositories of one robot, whose memory is compared."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="of which the best counts")
    times = parser.parse_args().times
    for robots, repositories in CASES:
        print(f"{robots} robots x {repositories} repositories")
        for name, found in _of_new_database("time", robots, repositories, times):
            print(
                f"  {name:22} raw {found['raw']:7.3f} s  set_permissions"
                f" {found['ours']:7.3f} s  ratio {found['ours'] / found['raw']:.2f}"
            )
    for repositories in SIZES:
        for name, found in _of_new_database("memory", 1, repositories, 1):
            print(f"{repositories:6} rows, {name:10} {found:9.1f} MiB")


def _of_new_database(
    what: str, robots: int, repositories: int, times: int
) -> list[tuple[str, Any]]:
    """What `benchmarks.bulk_cases` measures, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        database = new_database(Path(folder))
        try:
            _manage(database, folder, "migrate", "-v0")
            _call(database, folder, f"make({robots}, {repositories})")
            found = _call(database, folder, f"{what}({times})")
        finally:
            database.drop()
    measured: dict[str, Any] = json.loads(found)
    return list(measured.items())


def _call(database: Database, folder: str, case: str) -> str:
    code = f"from benchmarks import bulk_cases as cases; cases.{case}"
    return _manage(database, folder, "shell", "-v0", "-c", code)


def _manage(database: Database, folder: str, *arguments: str) -> str:
    settings = {"DATABASE_URL": database.url, "VAR_DIR": folder}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
