"""One grantee's role on many repositories of a namespace, set in one atomic call."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from robots import audit
from robots.audit import Performer
from robots.batches import batches
from robots.ends import check_end
from robots.errors import DomainError, NotFound
from robots.lifecycle.permission_rows import insert
from robots.lifecycle.permissions import Grantee, check_grantee, column_of, name_of
from robots.models import Namespace, RepositoryPermission
from robots.roles import Role
from robots.selection import Selection

NO_ROLE = "none"
"""What stands for no permission where a role is named."""

_GONE = "A repository was deleted meanwhile; nothing was changed, try again"

_MAX_NAMED = 100
"""Repositories of each kind that the audit event names; it counts all of them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The role that every repository is to grant, None for none, and its end."""

    role: Role | None
    until: datetime | None = None

    @property
    def role_name(self) -> str:
        return NO_ROLE if self.role is None else self.role.label


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

    @property
    def changes_something(self) -> bool:
        return bool(self.added or self.changed or self.removed)


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
    grantee is gone.
    """
    check_grantee(namespace, grantee)
    _check_end(wanted)
    if dry_run:
        return _planned(namespace, grantee, selection, wanted)
    try:
        with transaction.atomic():
            _lock(grantee)
            made = _planned(namespace, grantee, selection, wanted, lock=True)
            if made.changes_something:
                _apply(made, namespace, grantee)
                _record(made, namespace, grantee, by)
    except IntegrityError:
        raise DomainError(_GONE) from None
    return made


def _list_for(held: Held | None, made: Plan) -> list[Step]:
    wanted = made.wanted
    if held is None:
        return made.unchanged if wanted.role is None else made.added
    if wanted.role is None:
        return made.removed
    same = (held.role, held.until) == (wanted.role, wanted.until)
    return made.unchanged if same else made.changed


def _check_end(wanted: Wanted) -> None:
    if wanted.until is None:
        return
    check_end("until", wanted.until)
    if wanted.role is None:
        raise DomainError("until: there is nothing to end where the role is none")
    if wanted.until <= timezone.now():
        raise DomainError("until: this time has passed")


def _lock(grantee: Grantee) -> None:
    """Let calls for the same grantee wait for each other, and its deletion too."""
    rows = type(grantee)._default_manager.select_for_update(no_key=True)
    if rows.filter(pk=grantee.pk).first() is None:
        raise NotFound(f"There is no {grantee} any more")


def _planned(
    namespace: Namespace,
    grantee: Grantee,
    selection: Selection,
    wanted: Wanted,
    *,
    lock: bool = False,
) -> Plan:
    repositories = selection.find(namespace)
    held = _held(grantee, sorted(repositories.values()), lock)
    return plan(wanted, repositories, held)


def _held(
    grantee: Grantee, repository_ids: Sequence[int], lock: bool
) -> dict[int, Held]:
    """The grantee's permissions by the repository's key, locked in that order."""
    rows = RepositoryPermission.objects.filter(**column_of(grantee))
    if lock:
        rows = rows.select_for_update()
    found: dict[int, Held] = {}
    for ids in batches(repository_ids):
        batch = rows.filter(repository_id__in=ids).order_by("repository_id")
        for repository_id, pk, role, until in batch.values_list(
            "repository_id", "pk", "role", "expires_at"
        ):
            found[repository_id] = Held(pk, Role(role), until)
    return found


def _apply(made: Plan, namespace: Namespace, grantee: Grantee) -> None:
    role, until = made.wanted.role, made.wanted.until
    if role is not None:
        wanted = [step.repository_id for step in made.added]
        if insert(namespace, grantee, wanted, role, until) != len(wanted):
            raise DomainError(_GONE)
        for keys in batches(_keys(made.changed)):
            rows = RepositoryPermission.objects.filter(pk__in=keys)
            rows.update(role=role, expires_at=until)
    for keys in batches(_keys(made.removed)):
        RepositoryPermission.objects.filter(pk__in=keys).delete()


def _keys(steps: Iterable[Step]) -> list[int]:
    return [step.held.id for step in steps if step.held is not None]


def _record(made: Plan, namespace: Namespace, grantee: Grantee, by: Performer) -> None:
    kinds = {"added": made.added, "changed": made.changed, "removed": made.removed}
    until = made.wanted.until
    audit.record(
        "change_repo_permissions",
        by,
        namespace,
        **name_of(grantee),
        role=made.wanted.role_name,
        until=until.isoformat() if until else None,
        counts={kind: len(steps) for kind, steps in kinds.items()},
        **{
            kind: [step.name for step in steps[:_MAX_NAMED]]
            for kind, steps in kinds.items()
        },
    )
