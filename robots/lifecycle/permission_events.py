"""Audit events of many permissions: one for each grantee, role and end."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from robots import audit
from robots.audit import Performer
from robots.lifecycle.permission_staging import Staging
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent, Namespace
from robots.models.permission_changes import Change
from robots.names import TEAM_PREFIX

_MOST_NAMED = 100
"""Repositories of each kind that an event names; it counts all of them."""


class Group(NamedTuple):
    """What one event is to tell of: changes of one grantee, for one intent."""

    grantee_id: Any
    intent: int
    grantee: str
    counts: dict[Change, int]


def groups(rows: Iterable[Sequence[Any]]) -> Iterator[Group]:
    """From the rows of `Staging.groups`, as they come."""
    for (key, intent, grantee), some in groupby(rows, lambda row: tuple(row[:3])):
        found = {change: number for *_, change, number in some}
        counts = {change: found.get(change, 0) for change in Change}
        yield Group(key, intent, grantee, counts)


def record(
    namespace: Namespace, staging: Staging, group: Group, wanted: Wanted, by: Performer
) -> AuditEvent:
    """Add the event of a group of `staging`; `wanted` is what its intent stands for."""
    until = wanted.until
    names = {change: _first_names(staging, group, change) for change in Change}
    return audit.record(
        "change_repo_permissions",
        by,
        namespace,
        **_named(group.grantee),
        role=wanted.role_name,
        until=until.isoformat() if until else None,
        counts={change.label: group.counts[change] for change in Change},
        **{change.label: names[change] for change in Change},
    )


def _first_names(staging: Staging, group: Group, change: Change) -> list[str]:
    if not group.counts[change]:
        return []
    return staging.first_names(group.grantee_id, group.intent, change, _MOST_NAMED)


def _named(grantee: str) -> dict[str, str]:
    """As `robots.lifecycle.permissions.name_of` names it."""
    if grantee.startswith(TEAM_PREFIX):
        return {"team": grantee.removeprefix(TEAM_PREFIX)}
    return {"username": grantee}
