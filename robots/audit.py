"""Writing audit events: call `record` in the transaction of the change itself (R9)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from robots.identity import Identity, Kind
from robots.models import AuditEvent, Namespace, Repository
from robots.origin import NOWHERE, Origin

SYSTEM = "system"

_MASK = "***"
_SECRET_WORDS = re.compile(
    "secret|password|passwd|passphrase|pwd|token|credential|authorization|bearer"
    "|apikey|api_key|private_key"
)


@dataclass(frozen=True, slots=True)
class Performer:
    """Who did it, and from where.

    `facts` tell of the credential that was used, never what it is; they are added
    to every event.
    """

    kind: str
    name: str
    user_id: int | None = None
    origin: Origin = NOWHERE
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def command(cls, name: str) -> "Performer":
        """An operator at the command line."""
        return cls(kind=SYSTEM, name=f"manage.py {name}")

    @classmethod
    def caller(
        cls,
        identity: Identity,
        origin: Origin,
        facts: Mapping[str, Any] = MappingProxyType({}),
    ) -> "Performer":
        """An authenticated caller over the network."""
        user_id = identity.id if identity.kind is Kind.USER else None
        return cls(identity.kind, identity.name, user_id, origin, facts)


def record(
    kind: str,
    performer: Performer,
    namespace: Namespace | None,
    repository: Repository | None = None,
    /,
    **facts: Any,
) -> AuditEvent:
    """Add one event. A fact whose name tells of a secret is kept as `***`."""
    event = unsaved(kind, performer, namespace, repository, **facts)
    event.save(force_insert=True)
    return event


def unsaved(
    kind: str,
    performer: Performer,
    namespace: Namespace | None,
    repository: Repository | None = None,
    /,
    **facts: Any,
) -> AuditEvent:
    """What `record` would add: for many events, which the caller stores at once."""
    return AuditEvent(**columns(kind, performer, namespace, facts, repository))


class Place(NamedTuple):
    """A namespace, for those who have no `Namespace` of it at hand."""

    pk: int
    name: str


def columns(
    kind: str,
    performer: Performer,
    namespace: Namespace | Place | None,
    facts: Mapping[str, Any],
    repository: Repository | None = None,
) -> dict[str, Any]:
    """The columns of what `record` would add: for rows that are written by statement.

    Write them in the transaction of the change itself (R9).
    """
    origin = performer.origin
    return {
        "kind": kind,
        "namespace_id": namespace.pk if namespace else None,
        "namespace_name": namespace.name if namespace else "",
        "repository_name": repository.name if repository else "",
        "performer_kind": performer.kind,
        "performer_name": performer.name,
        "performer_user_id": performer.user_id,
        "address": origin.address,
        "request_id": origin.request_id,
        "facts": {name: _without_secret(name, value) for name, value in facts.items()}
        | dict(performer.facts),
    }


def _without_secret(name: str, value: Any) -> Any:
    if _SECRET_WORDS.search(name.lower()):
        return _MASK
    if isinstance(value, dict):
        return {key: _without_secret(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secret(name, item) for item in value]
    return value
