"""The file of root keys that a site made for itself: one line, commas between them.

Servers read it when they start, and at no other time. Keys are handled by their ids.
"""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robots.errors import DomainError
from robots.folders import sync
from robots.keyring import key_id_of

NEW_KEY_BYTES = 48
"""Of randomness, in 64 characters."""

Keys = list[str]


def new_key() -> str:
    """A root key that nobody has yet."""
    return secrets.token_urlsafe(NEW_KEY_BYTES)


class KeyFile:
    """The keys in a file, the current one first. Every change is one step on the disk.

    What cannot be read or written is a DomainError, and nothing has changed then.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()

    def ids(self) -> list[str]:
        """The ids of the keys as the next server to start reads them."""
        return [key_id_of(key) for key in self._read()]

    def add(self) -> str:
        """Add a new key behind the current one, so that all accept it; its id."""
        key = new_key()
        self._change(lambda keys: [*keys[:1], key, *keys[1:]])
        return key_id_of(key)

    def activate(self, key_id: str) -> None:
        """Put a key first, so that new work is done with it."""
        self._change(lambda keys: [*_those(keys, key_id), *_others(keys, key_id)])

    def remove(self, key_id: str) -> None:
        """Take a key out; DomainError for the current one."""
        self._change(lambda keys: _without(keys, key_id))

    def _change(self, changed: Callable[[Keys], Keys]) -> None:
        with self._locked():
            _replace(self._path, ",".join(changed(self._read())) + "\n")

    def _read(self) -> Keys:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._failed(error) from None
        return [key for key in map(str.strip, text.split(",")) if key]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Beside the file, which is replaced: a lock on it would lock what is gone."""
        try:
            with os.fdopen(self._lock_file(), "r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise self._failed(error) from None

    def _lock_file(self) -> int:
        """Its descriptor. A link that somebody put there leads nowhere."""
        path = self._path.with_name(f".{self._path.name}.lock")
        flags = os.O_RDWR | os.O_NOFOLLOW
        with suppress(FileExistsError):
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            _give(descriptor, self._path.stat())
            return descriptor
        return os.open(path, flags)

    def _failed(self, error: Exception) -> DomainError:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return DomainError(f"{self._path}: {reason}")


def _those(keys: Keys, key_id: str) -> Keys:
    found = [key for key in keys if key_id_of(key) == key_id]
    if not found:
        raise DomainError(f"There is no key {key_id}")
    return found


def _others(keys: Keys, key_id: str) -> Keys:
    return [key for key in keys if key_id_of(key) != key_id]


def _without(keys: Keys, key_id: str) -> Keys:
    if _those(keys, key_id)[0] == keys[0]:
        raise DomainError(f"{key_id} is the current key: activate another one first")
    return _others(keys, key_id)


def _replace(path: Path, text: str) -> None:
    """As its owner's, whoever runs this: servers of another user must read it on.

    It has its name when it is whole; until then only its owner reads it too.
    """
    owner = path.stat()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _give(descriptor, owner)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def _give(descriptor: int, owner: os.stat_result) -> None:
    if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
