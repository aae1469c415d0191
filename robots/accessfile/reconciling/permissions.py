"""Permissions of a file, all of a namespace in one bulk change."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from robots.accessfile.documents import GrantDocument
from robots.accessfile.reconciling.differences import lasts_longer, shown
from robots.accessfile.reconciling.grantees import Grantees
from robots.accessfile.reconciling.site import Site
from robots.batches import batches
from robots.lifecycle.permission_sets import (
    Counts,
    PermissionSet,
    permission_set,
)
from robots.lifecycle.permissions import Grantee, column_of
from robots.lifecycle.wanted import NO_ROLE, Wanted
from robots.models import RepositoryPermission
from robots.models.permission_changes import Change
from robots.roles import Role

PERMISSION = "permission"


class Listed(NamedTuple):
    """The permissions of one repository that the file lists."""

    repository_id: int
    permissions: Mapping[str, GrantDocument]


class Kept(NamedTuple):
    """A permission that the file says is none, and that stays without pruning."""

    repository_id: int
    column: str
    grantee_id: int


def settle(site: Site) -> None:
    """Give the roles that are listed, and take away others where that is asked for.

    An end that has passed is kept as it is: such a permission gives nothing.
    """
    listed = _listed(site)
    if not listed:
        return
    kept: list[Kept] = []
    with (
        site.at(site.said.line),
        permission_set(site.namespace, past_ends=True) as wanted,
    ):
        wanted.want(_wanted(site, listed, kept))
        if site.prunes:
            wanted.want_nothing_else([one.repository_id for one in listed])
        # Locked first, so that what is told is what is done.
        wanted.lock()
        _tell(site, wanted)
        counts = wanted.save(site.by)
    if not site.order.prune:
        site.ledger.left += _left(site, listed, kept, counts)


def _listed(site: Site) -> list[Listed]:
    return [
        Listed(site.repositories[name], said.permissions)
        for name, said in sorted((site.said.repositories or {}).items())
        if said.permissions is not None
    ]


def _wanted(
    site: Site, listed: Iterable[Listed], kept: list[Kept]
) -> Iterator[tuple[int, Grantee, Wanted]]:
    """The rows that are wanted, made one by one as the database takes them."""
    grantees = Grantees(site)
    known: dict[tuple[Role | None, datetime | None], Wanted] = {}
    for repository_id, permissions in listed:
        for name, grant in permissions.items():
            grantee = grantees.named(name, grant.line)
            if grant.role is None and not site.order.prune:
                (column,) = column_of(grantee)
                kept.append(Kept(repository_id, column, grantee.pk))
                continue
            what = (grant.role, grant.until)
            wanted = known.get(what) or known.setdefault(what, Wanted(*what))
            yield repository_id, grantee, wanted


def _tell(site: Site, wanted: PermissionSet) -> None:
    for change in wanted.changes():
        name = f"{site.name}/{change.repository} {change.grantee}"
        widens = _widens(change.before, change.after)
        match change.change:
            case Change.ADDED:
                site.ledger.add(PERMISSION, name, _words(change.after), widens=widens)
            case Change.REMOVED:
                site.ledger.remove(PERMISSION, name, _words(change.before))
            case _:
                words = f"{_words(change.before)} -> {_words(change.after)}"
                site.ledger.change(PERMISSION, name, [words], widens=widens)


def _words(wanted: Wanted | None) -> str:
    if wanted is None:
        return NO_ROLE
    until = f" until {shown(wanted.until)}" if wanted.until else ""
    return f"{wanted.role_name}{until}"


def _widens(before: Wanted | None, after: Wanted) -> bool:
    """Whether the grantee may do more, or longer; what has ended gives nothing."""
    if after.role is None or _is_over(after):
        return False
    if before is None or before.role is None or _is_over(before):
        return True
    return lasts_longer(before.until, after.until) or after.role > before.role


def _is_over(wanted: Wanted) -> bool:
    return wanted.until is not None and wanted.until <= timezone.now()


def _left(
    site: Site, listed: Iterable[Listed], kept: Iterable[Kept], counts: Counts
) -> int:
    """How many permissions pruning would remove."""
    if not site.is_complete:
        return _held(kept)
    keys = [one.repository_id for one in listed]
    there = sum(
        RepositoryPermission.objects.filter(repository_id__in=batch).count()
        for batch in batches(keys)
    )
    return there - counts.added - counts.changed - counts.unchanged


def _held(kept: Iterable[Kept]) -> int:
    """How many of these permissions are there."""
    by_column: dict[str, set[tuple[Any, ...]]] = {}
    for repository_id, column, grantee_id in kept:
        by_column.setdefault(column, set()).add((repository_id, grantee_id))
    found = 0
    for column, pairs in by_column.items():
        for batch in batches(sorted({repository_id for repository_id, _ in pairs})):
            rows = RepositoryPermission.objects.filter(
                repository_id__in=batch, **{f"{column}__isnull": False}
            ).values_list("repository_id", f"{column}_id")
            found += sum(row in pairs for row in rows)
    return found
