"""What docs/backup.md says to do, done: the database and the keys, away and back."""

import shutil
import subprocess
from pathlib import Path

from tests.e2e.databases import Database, PostgresDatabase, SqliteDatabase
from tests.e2e.programs import require

KEYS = ("secret_key", "robots_secret_keys", "signing-keys")
"""What of the data folder has to be kept besides the database."""

SECONDS = 60


def dump(database: Database, file: Path) -> None:
    """Write all rows of one moment to `file`, while others go on writing."""
    if isinstance(database, PostgresDatabase):
        _run("pg_dump", "--format=custom", f"--file={file}", database.url)
    else:
        _run("sqlite3", _path(database), f"VACUUM INTO '{file}'")


def load(file: Path, database: Database) -> None:
    """Fill an empty database with what `dump` wrote."""
    if isinstance(database, PostgresDatabase):
        _run(
            *("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction"),
            *(f"--dbname={database.url}", str(file)),
        )
    else:
        shutil.copy(file, _path(database))


def copy_keys(source: Path, target: Path) -> None:
    """Copy the files of keys from one data folder to another."""
    for name in KEYS:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        else:
            shutil.copy2(source / name, target / name)


def _path(database: SqliteDatabase) -> str:
    return database.url.removeprefix("sqlite:///")


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [require(program), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
