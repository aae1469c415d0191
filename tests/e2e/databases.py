"""Databases of the sites under test: new ones, that can go away and come back."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


class SqliteDatabase:
    """A file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "db.sqlite3"
        self.url = f"sqlite:///{self._file}"

    @contextmanager
    def away(self) -> Iterator[None]:
        """A folder stands where the file was, so that it cannot be opened."""
        hidden = self._file.with_suffix(".away")
        self._file.rename(hidden)
        self._file.mkdir()
        try:
            yield
        finally:
            self._file.rmdir()
            hidden.rename(self._file)

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)


class PostgresDatabase:
    """A database with a random name, on the server that `server_url` names."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._name = f"quaysite_e2e_{secrets.token_hex(6)}"
        parts = urlsplit(server_url)
        query = f"?{parts.query}" if parts.query else ""
        self.url = f"{parts.scheme}://{parts.netloc}/{self._name}{query}"
        self._run("CREATE DATABASE {name}")

    @contextmanager
    def away(self) -> Iterator[None]:
        """Every connection is cut, and no new one is let in."""
        self._run("ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = {text}"
        )
        try:
            yield
        finally:
            self._run("ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def drop(self) -> None:
        self._run("DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: LiteralString) -> None:
        query = sql.SQL(statement).format(
            name=sql.Identifier(self._name), text=sql.Literal(self._name)
        )
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(query)


Database = SqliteDatabase | PostgresDatabase


def new_database(folder: Path) -> Database:
    """On the server that DATABASE_URL names if it is PostgreSQL, else in `folder`."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        return PostgresDatabase(url)
    return SqliteDatabase(folder)
