"""Writing down what the database holds, all of it as it was at one moment."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.db import connection, transaction

from robots.accessfile.documents import AccessFile, NamespaceDocument
from robots.accessfile.plain import plain
from robots.accessfile.stored import namespace_document
from robots.errors import DomainError
from robots.models import Namespace

FILE_MODE = 0o600
"""Of a new file: who may do what is nobody else's business until it is committed."""


class Exported(Mapping[str, NamespaceDocument]):
    """Namespaces as an export says them, each read only when it is asked for."""

    def __init__(self, namespaces: Iterable[Namespace]) -> None:
        self._rows = {namespace.name: namespace for namespace in namespaces}

    def __getitem__(self, name: str) -> NamespaceDocument:
        return plain(namespace_document(self._rows[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def exported(namespaces: Iterable[Namespace]) -> AccessFile:
    """The access file of these namespaces; read it within one `snapshot`."""
    return AccessFile(Exported(namespaces))


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """Let all queries of the block see the database as it is at the first of them.

    Nothing can be written in it, and nobody else is kept from writing. Within a
    transaction it does nothing: that one has its own rules already.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _deferred():
            yield


@contextlib.contextmanager
def _deferred() -> Iterator[None]:
    """A transaction of SQLite's that only reads: `atomic` would lock out writers."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def write_file(path: Path, pieces: Iterable[str]) -> None:
    """Put the pieces in place of what `path` was, at once or not at all.

    A file that is there keeps its mode; a new one is for its owner only. Raises
    DomainError where it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else FILE_MODE
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise DomainError(f"--output: {path}: {error.strerror}") from None
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise DomainError(f"--output: {path}: {error.strerror}") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
