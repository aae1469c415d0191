"""What is hashed, and how: events, lists of their digests, seals.

Pure. SHA-256 and HMAC-SHA256 (RFC 2104) throughout. `docs/audit.md` has the formats,
so that a chain can be checked without this program.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

VERSION = 1
"""Of the formats; part of what is hashed."""

UNREADABLE = bytes(32)
"""Stands for an event that the database cannot give back."""

_LEAF = struct.Struct(">q32s")


class SmallPrint:
    """The digest of what a bulk change did to each repository, as the rows come."""

    def __init__(self) -> None:
        self._hash, self._count = hashlib.sha256(), 0

    def add(self, row: Sequence[Any]) -> None:
        self._hash.update(_json([_plain(value) for value in row]) + b"\n")
        self._count += 1

    @property
    def said(self) -> list[Any]:
        return [self._count, self._hash.hexdigest()]


def event_digest(event: Mapping[str, Any], small_print: SmallPrint | None) -> bytes:
    """Of all an event says but its id, which stands beside the digest in the list."""
    said = {name: _plain(value) for name, value in event.items() if name != "id"}
    said["changes"] = small_print.said if small_print else None
    return hashlib.sha256(_json([VERSION, said])).digest()


def packed(leaves: Iterable[tuple[int, bytes]]) -> bytes:
    """The ids and digests of a seal's events as one text of bytes."""
    return b"".join(_LEAF.pack(pk, digest) for pk, digest in leaves)


def unpacked(leaves: bytes) -> list[tuple[int, bytes]]:
    """What `packed` packed; raises ValueError for anything else."""
    if len(leaves) % _LEAF.size:
        raise ValueError("not a list of digests")
    return list(_LEAF.iter_unpack(leaves))


def list_digest(leaves: bytes) -> str:
    return hashlib.sha256(leaves).hexdigest()


def key_id(key: bytes) -> str:
    """Tells keys apart, and nothing of what they are."""
    return hmac.digest(key, b"quaysite audit key id", hashlib.sha256).hex()[:16]


class Header(NamedTuple):
    """What a seal says; `previous` is the hash of the seal before it, or empty."""

    number: int
    previous: str
    first_event: int
    last_event: int
    event_count: int
    digest: str
    purged_event: int | None
    sealed_at: datetime
    key_id: str

    @property
    def text(self) -> bytes:
        return _json([VERSION, *(_plain(value) for value in self)])

    def mac(self, key: bytes) -> str:
        return hmac.digest(key, self.text, hashlib.sha256).hex()

    def hash(self, mac: str) -> str:
        """What the next seal repeats, and an operator may note elsewhere."""
        return hashlib.sha256(self.text + b"\n" + mac.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _json(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode()
