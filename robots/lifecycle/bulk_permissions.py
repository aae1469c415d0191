"""One grantee's role on many repositories of a namespace, set in one atomic call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from robots.audit import Performer
from robots.batches import batches
from robots.lifecycle.permission_sets import permission_set
from robots.lifecycle.permissions import Grantee, check_grantee, column_of
from robots.lifecycle.wanted import NO_ROLE, Wanted, check_wanted
from robots.models import Namespace, RepositoryPermission
from robots.roles import Role
from robots.selection import Selection

__all__ = [
    "NO_ROLE",
    "Held",
    "Plan",
    "Step",
    "Wanted",
    "change_permissions",
    "plan",
]


class Held(NamedTuple):
    """A permission that the grantee has."""

    id: int
    role: Role
    until: datetime | None


class Step(NamedTuple):
    """What happens to one repository; `held` is the permission before it."""

    name: str
    repository_id: int
    held: Held | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What leads to the wanted role; each list is sorted by name."""

    wanted: Wanted
    added: list[Step] = field(default_factory=list)
    changed: list[Step] = field(default_factory=list)
    removed: list[Step] = field(default_factory=list)
    unchanged: list[Step] = field(default_factory=list)


def plan(
    wanted: Wanted, repositories: Mapping[str, int], held: Mapping[int, Held]
) -> Plan:
    """Compare what is wanted with what is held; both go by the repository's key.

    Pure. A permission with the wanted role and another end is `changed`.
    """
    made = Plan(wanted)
    for name in sorted(repositories):
        repository_id = repositories[name]
        step = Step(name, repository_id, held.get(repository_id))
        _list_for(step.held, made).append(step)
    return made


def change_permissions(
    namespace: Namespace,
    grantee: Grantee,
    selection: Selection,
    wanted: Wanted,
    by: Performer,
    *,
    dry_run: bool = False,
) -> Plan:
    """Give `grantee` exactly what is wanted on each selected repository, or on none.

    Returns what was done; with `dry_run`, what would be. Raises ForeignNamespace or
    DomainError for a grantee, a selection or an end that cannot be, NotFound if the
    grantee is gone, ChangedMeanwhile if somebody else grants such a permission.
    """
    check_grantee(namespace, grantee)
    check_wanted(wanted)
    repositories = selection.find(namespace)
    if dry_run:
        return plan(wanted, repositories, _held(grantee, repositories.values()))
    with permission_set(namespace) as permissions:
        keys = repositories.values()
        permissions.want((key, grantee, wanted) for key in keys)
        permissions.lock()
        made = plan(wanted, repositories, _held(grantee, keys))
        permissions.save(by)
    return made


def _list_for(held: Held | None, made: Plan) -> list[Step]:
    wanted = made.wanted
    if held is None:
        return made.unchanged if wanted.role is None else made.added
    if wanted.role is None:
        return made.removed
    same = (held.role, held.until) == (wanted.role, wanted.until)
    return made.unchanged if same else made.changed


def _held(grantee: Grantee, repository_ids: Iterable[int]) -> dict[int, Held]:
    """The grantee's permissions by the repository's key."""
    rows = RepositoryPermission.objects.filter(**column_of(grantee))
    found: dict[int, Held] = {}
    for ids in batches(sorted(repository_ids)):
        batch = rows.filter(repository_id__in=ids).order_by("repository_id")
        for repository_id, pk, role, until in batch.values_list(
            "repository_id", "pk", "role", "expires_at"
        ):
            found[repository_id] = Held(pk, Role(role), until)
    return found
