"""A database that is away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections


def _nowhere(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same kind of database, where there is none."""
    if connection.vendor == "sqlite":
        return {**settings, "NAME": str(folder / "no such folder" / "db.sqlite3")}
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    return {**settings, "HOST": "127.0.0.1", "PORT": str(port)}


@contextmanager
def database_away(folder: Path) -> Iterator[None]:
    """Inside, each query really tries to reach a database that is not there."""
    alive = connections["default"]
    connections["default"] = type(alive)(_nowhere(alive.settings_dict, folder))
    try:
        yield
    finally:
        connections["default"] = alive
