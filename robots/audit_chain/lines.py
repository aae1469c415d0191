"""An event as one line of JSON: as it is shipped, and as a purge exports it.

Pure.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

_NAMES = {
    "id": "id",
    "created_at": "at",
    "kind": "kind",
    "namespace_name": "namespace",
    "repository_name": "repository",
    "performer_kind": "performer_kind",
    "performer_name": "performer",
    "address": "address",
    "request_id": "request_id",
    "facts": "facts",
}
"""Columns, and what they are called for people who never saw our tables."""


class SealedEvent(NamedTuple):
    """An event, the digest of it in its seal, and that seal's number and hash."""

    columns: Mapping[str, Any] | None
    pk: int
    digest: str
    seal: int
    head: str

    def fields(self) -> dict[str, Any]:
        """What the line says. An event that cannot be read has no columns."""
        columns = self.columns or {"id": self.pk}
        said = {name: _plain(columns.get(column)) for column, name in _NAMES.items()}
        seal = {"seal": self.seal, "head": self.head, "digest": self.digest}
        return said | seal

    def line(self, changes: Iterable[Sequence[Any]] | None = None) -> str:
        """Without a line break. `changes` is the small print, where it goes along."""
        said = self.fields()
        if changes is not None:
            said["changes"] = [[_plain(value) for value in row] for row in changes]
        return json.dumps(said)

    def short_line(self) -> str:
        """For a channel that takes no long ones: without the facts, and saying so."""
        return json.dumps(self.fields() | {"facts": None, "facts_left_out": True})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
