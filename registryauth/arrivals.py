"""Repositories that a registry has: which of them are missing here, and making them.

Nothing is granted for it: each gets the default permissions of its namespace, as
every repository does. What was deleted here is told apart (`robots.departures`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from robots import conf
from robots.audit import Performer
from robots.batches import batches
from robots.departures import departures, existed
from robots.errors import AlreadyExists, NotFound
from robots.lifecycle.repositories import create_repository
from robots.models import Namespace, Repository
from robots.names import RepositoryName, parse_repository_name
from robots.roles import Visibility

BATCH = 200
"""Repositories of one transaction: a long one would make logins wait."""


@dataclass
class Comparison:
    """A registry's repositories beside ours; every list is in order of names.

    `homeless` are in namespaces that do not exist, `gone` were deleted here before,
    and `refused` have names that no repository can have here.
    """

    new: list[RepositoryName] = field(default_factory=list)
    here: list[RepositoryName] = field(default_factory=list)
    gone: list[RepositoryName] = field(default_factory=list)
    homeless: list[RepositoryName] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    only_here: list[RepositoryName] = field(default_factory=list)


def compare(paths: Iterable[str], namespaces: Collection[str] | None) -> Comparison:
    """Put every repository of a registry, and of ours, where it belongs.

    Those outside `namespaces` are passed over; None means all. A path without `/`
    lies in LIBRARY_NAMESPACE.
    """
    library = conf.library_namespace()
    found, refused = set(), set()
    for path in paths:
        name = parse_repository_name(path, library)
        if name is None:
            where = path.partition("/")[0] if "/" in path else library
            if namespaces is None or where in namespaces:
                refused.add(path)
        elif namespaces is None or name.namespace in namespaces:
            found.add(name)
    ours = set(_ours(namespaces))
    comparison = Comparison(
        here=sorted(found & ours),
        only_here=sorted(ours - found),
        refused=sorted(refused),
    )
    _place(sorted(found - ours), comparison)
    return comparison


def create_arrivals(
    namespace: Namespace,
    names: Sequence[str],
    by: Performer,
    visibility: Visibility = Visibility.PRIVATE,
) -> list[str]:
    """Create repositories of one namespace in one transaction; answers those created.

    One that somebody else creates meanwhile is left as it is. Raises NotFound if the
    namespace has been deleted, or has another name by now.
    """
    created = []
    with transaction.atomic():
        # Locked, as a deletion would be noticed at the end of the transaction only.
        rows = Namespace.objects.select_for_update(no_key=True)
        if not rows.filter(pk=namespace.pk, name=namespace.name):
            raise NotFound(f"There is no namespace {namespace.name}")
        for name in names:
            try:
                create_repository(namespace, name, by, visibility=visibility)
            except (AlreadyExists, NotFound):
                # The namespace is locked, so what is gone is one of that name.
                continue
            created.append(name)
    return created


def _ours(namespaces: Collection[str] | None) -> Iterator[RepositoryName]:
    rows = Repository.objects.order_by()
    if namespaces is not None:
        rows = rows.filter(namespace__name__in=namespaces)
    for namespace, name in rows.values_list("namespace__name", "name").iterator():
        yield RepositoryName(namespace, name)


def _place(missing: Sequence[RepositoryName], comparison: Comparison) -> None:
    wanted = sorted({name.namespace for name in missing})
    known = {
        namespace: created_at
        for batch in batches(wanted)
        for namespace, created_at in Namespace.objects.filter(
            name__in=batch
        ).values_list("name", "created_at")
    }
    gone = _given_up(set(missing), known)
    for name in missing:
        if name in gone:
            comparison.gone.append(name)
        elif name.namespace in known:
            comparison.new.append(name)
        else:
            comparison.homeless.append(name)


def _given_up(
    names: Collection[RepositoryName], namespaces: Mapping[str, datetime]
) -> set[RepositoryName]:
    """Those that were deleted here; `namespaces` are those of today, and how old.

    One that was made anew has the names to itself that the one before never had.
    """
    gone = departures(names)
    before = {
        name
        for name, when in gone.items()
        if name.namespace in namespaces and namespaces[name.namespace] > when
    }
    return gone.keys() - (before - existed(before))
