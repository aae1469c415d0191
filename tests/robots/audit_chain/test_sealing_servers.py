"""Real servers seal what was audited, whether or not anybody asks them for a token."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.quaysite.servers import BOTH, Running, database, migrated, start, until

__all__ = ["database", "migrated", "start"]


@BOTH
def test_a_server_that_nobody_asks_seals(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    server = start(command, USAGE_FLUSH_SECONDS="1")
    server.manage("create_organization", "acme")

    def sealed() -> bool:
        with closing(sqlite3.connect(server.folder / "db.sqlite3", timeout=30)) as rows:
            covered = rows.execute("SELECT MAX(last_event) FROM robots_auditseal")
            written = rows.execute("SELECT MAX(id) FROM robots_auditevent")
            return bool(covered.fetchone() == written.fetchone() != (None,))

    until(sealed)
