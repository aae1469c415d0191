"""Names of repositories and robots that were given up here: read from the audit.

A registry keeps the images, and its catalog the name, of a repository that was
deleted here. Whoever brings repositories from a registry asks here first, or each
run would undo what people have deleted.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Max, Q

from robots.batches import batches
from robots.models import AuditEvent, Namespace, Robot
from robots.names import RepositoryName

_OF_ROBOTS = ("create_robot", "delete_robot")
"""Events that tell that there was such a robot."""

DEPARTED = "was deleted here; --restore brings it back"
"""Why a robot is not brought."""


def departures(names: Collection[RepositoryName]) -> dict[RepositoryName, datetime]:
    """When each of `names` was last given up; those that never were are left out.

    A repository goes by itself, with its namespace, or by its namespace's new name.
    """
    namespaces = _namespaces(sorted({name.namespace for name in names}))
    found = {
        name: namespaces[name.namespace]
        for name in names
        if name.namespace in namespaces
    }
    for name, when in _last("delete_repo", names):
        found[name] = max(when, found.get(name, when))
    return found


def existed(names: Collection[RepositoryName]) -> set[RepositoryName]:
    """Those of `names` that a repository here was created with."""
    return {name for name, _ in _last("create_repo", names)}


def departed_robots(namespace: str) -> set[str]:
    """Short names of the robots that were in it, by the audit, and are not now.

    They went by themselves or with an organization of that name, or have another name
    together with it. Whoever brings robots with their secrets asks here first: one
    that was deleted because its secret leaked must not come back with it.
    """
    same = Namespace.objects.filter(name=namespace).order_by().values("pk")
    events = AuditEvent.objects.filter(
        Q(namespace_name=namespace) | Q(namespace__in=same), kind__in=_OF_ROBOTS
    )
    were = {facts.get("robot") for facts in events.values_list("facts", flat=True)}
    here = Robot.objects.filter(namespace__name=namespace).order_by()
    return were - set(here.values_list("name", flat=True))


def _last(
    kind: str, names: Collection[RepositoryName]
) -> Iterator[tuple[RepositoryName, datetime]]:
    """When there was last an event of this kind about each, if there was one."""
    for batch in batches(sorted(names)):
        rows = (
            AuditEvent.objects.filter(
                kind=kind,
                namespace_name__in={name.namespace for name in batch},
                repository_name__in={name.name for name in batch},
            )
            .order_by()
            .values_list("namespace_name", "repository_name")
            .annotate(when=Max("created_at"))
        )
        for namespace, repository, when in rows:
            name = RepositoryName(namespace, repository)
            if name in names:
                yield name, when


def _namespaces(names: list[str]) -> dict[str, datetime]:
    """When each namespace was last deleted, or got another name."""
    found: dict[str, datetime] = {}
    for batch in batches(names):
        deleted = Q(kind__in=("org_delete", "user_delete"), namespace_name__in=batch)
        renamed = Q(kind="org_change_name", facts__old_name__in=batch) | Q(
            kind="user_change_name", facts__old_username__in=batch
        )
        events = AuditEvent.objects.filter(deleted | renamed).order_by("id")
        for event in events.iterator():
            facts = event.facts
            old = facts.get("old_name") or facts.get("old_username")
            found[old or event.namespace_name] = event.created_at
    return found
