"""`make upgrade-check`: an upgrade and the way back, with both versions for real.

The old version serves under load; today's migrates the database meanwhile; both serve;
the old one ends; then the old one is back on the migrated database, and today's ends.
Exit code 0 if every answer was 200, 201 or 204 and the audit log is sound.

    python -m tests.deploy.upgrade_check [--from COMMIT] [--seconds N] [--engine NAME]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.deploy.upgrade_load import CLIENTS, Cast, Load, load
from tests.deploy.versions import TODAY, Servers, Version, checked_out, servers
from tests.e2e.accounts import Account
from tests.e2e.databases import Database, PostgresDatabase, SqliteDatabase
from tests.e2e.processes import CHECKOUT

ADDED_SINCE = "robots/migrations/0008_root_key_ids.py"
"""The first migration that the old version does not have. Moves with each release."""

ENGINES = ("sqlite", "postgresql")

_CAST = """\
import json
from quaysite.models import User
from tests.api.tokens import bearer
from tests.e2e.stage import build_casts
cast = build_casts(1)[0]
owner = User.objects.get(username=cast["owner"]["name"])
cast["bearer"] = bearer(owner, "org:admin repo:admin repo:create user:admin")
print(json.dumps(cast))
"""


def main() -> int:
    """Check both engines, or one; what is wrong is printed."""
    options = _options()
    commit = options.commit or _commit_before(ADDED_SINCE)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        old = checked_out(commit, Path(folder))
        for engine in options.engine or ENGINES:
            print(f"--- {engine}, from {commit[:12]}", flush=True)
            here = Path(folder) / engine
            here.mkdir()
            with _database(engine, here) as database:
                wrong += _check(here, database, old, options.seconds)
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--from", dest="commit", help="the old version, as git names it"
    )
    parser.add_argument("--seconds", type=float, default=60, help="with both versions")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    return parser.parse_args()


def _commit_before(path: str) -> str:
    """The commit of the main line onto which `path` came."""
    log = ["git", "log", "--first-parent", "--diff-filter=A", "-m", "--format=%P"]
    done = subprocess.run(
        [*log, "--", path], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[0]


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[Database]:
    if engine == "sqlite":
        yield SqliteDatabase(folder)
        return
    with postgres.server() as url:
        if not url:
            raise SystemExit(f"PostgreSQL is missing: install {postgres.PACKAGE}")
        database = PostgresDatabase(url)
        try:
            yield database
        finally:
            database.drop()


def _check(folder: Path, database: Database, old: Version, seconds: float) -> int:
    with servers(folder, database.url) as running:
        old.manage(running.environment, "migrate", "-v0")
        cast = _cast(old, running)
        running.start(old)
        with load(running, cast) as clients:
            _upgrade(running, clients, old, seconds)
            _go_back(running, clients, old, seconds)
        _say(clients)
        sealed = TODAY.manage(running.environment, "seal_audit")
        print(sealed + TODAY.manage(running.environment, "verify_audit"), end="")
        for version in (old, TODAY):
            if said := running.log(version).strip():
                print(f"log of the {version.name} servers, its end:\n{said[-2000:]}")
    return len(clients.wrong)


def _cast(old: Version, running: Servers) -> Cast:
    said = json.loads(old.manage(running.environment, "shell", "-v0", "-c", _CAST))
    reader = Account(said["reader"]["name"], said["reader"]["secret"])
    return Cast(said["organization"], said["bearer"], reader)


def _upgrade(running: Servers, clients: Load, old: Version, seconds: float) -> None:
    time.sleep(seconds / 6)
    clients.phase = "migrating"
    began = time.monotonic()
    TODAY.manage(running.environment, "migrate", "-v0")
    print(f"migrated in {time.monotonic() - began:.1f} s", flush=True)
    clients.phase = "migrated"
    time.sleep(seconds / 6)
    clients.phase = "both"
    running.start(TODAY)
    time.sleep(seconds)
    clients.phase = "upgraded"
    running.stop(old)
    time.sleep(seconds / 6)


def _go_back(running: Servers, clients: Load, old: Version, seconds: float) -> None:
    clients.phase = "going back"
    running.start(old)
    time.sleep(seconds / 6)
    clients.phase = "back"
    running.stop(TODAY)
    time.sleep(seconds / 3)


def _say(clients: Load) -> None:
    by_phase: Counter[tuple[str, str, int]] = Counter()
    for (phase, server, _, status), count in clients.answers.items():
        by_phase[phase, server, status] += count
    print(f"{CLIENTS} clients; answers by phase, server and status:")
    for (phase, server, status), count in by_phase.items():
        print(f"  {phase:12} {server:4} {status:3} {count:6}")
    for one in clients.wrong[:20]:
        print(f"WRONG: {one}")
    print(f"{sum(by_phase.values())} answers, {len(clients.wrong)} wrong", flush=True)


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    sys.exit(main())
