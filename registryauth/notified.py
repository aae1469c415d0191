"""What follows from a registry's notices: uses are noted, repositories come to exist.

Nothing is granted: a repository that a notice makes is private, with the default
permissions of its namespace, and a use is a date in a report.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from registryauth import conf
from registryauth.arrivals import create_arrivals
from registryauth.notices import Notice
from robots.audit import SYSTEM, Performer
from robots.batches import batches
from robots.departures import departures
from robots.errors import DomainError
from robots.identity import Kind
from robots.models import Namespace, Repository, Robot
from robots.names import RepositoryName, means_robot, parse_robot_name
from robots.origin import Origin
from robots.repository_uses import uses

logger = logging.getLogger(__name__)

MAX_CREATED = 100
"""Repositories that one envelope makes; sync_repositories brings the rest."""

OLD_TOKENS = timedelta(seconds=conf.MAX_TOKEN_LIFETIME + 300)
"""How long after a deletion tokens of before may still push, with clocks that differ.

An event of that time does not bring back what was deleted.
"""

_Caller = tuple[Kind, int]


def take(notices: Sequence[Notice], now: datetime, origin: Origin) -> None:
    """Note every use, and create what is missing where settings allow it.

    Three queries if nothing is missing. A time that has yet to come counts as now.
    """
    wanted = {notice.repository for notice in notices}
    keys = _repositories(wanted)
    if conf.notifications_create() and wanted - keys.keys():
        missing = [n for n in notices if n.repository not in keys]
        if _create(missing, now, origin):
            keys |= _repositories(wanted - keys.keys())
    callers = _callers(
        {notice.actor for notice in notices if notice.repository in keys}
    )
    for notice in notices:
        key, caller = keys.get(notice.repository), callers.get(notice.actor)
        if key is not None and caller is not None:
            uses.note(*caller, key, notice.action, min(notice.when, now))


def _create(missing: Iterable[Notice], now: datetime, origin: Origin) -> bool:
    """Whether any repository was created: what is pushed or pulled exists there."""
    latest: dict[RepositoryName, datetime] = {}
    for notice in missing:
        if notice.action != "delete":
            when = min(notice.when, now)
            latest[notice.repository] = max(when, latest.get(notice.repository, when))
    gone = departures(latest.keys())
    names = sorted(
        name
        for name, when in latest.items()
        if name not in gone or when > gone[name] + OLD_TOKENS
    )
    return any([_create_some(n, group, origin) for n, group in _by_namespace(names)])


def _by_namespace(
    names: Sequence[RepositoryName],
) -> list[tuple[Namespace, list[str]]]:
    """At most MAX_CREATED of `names`, in the namespaces that exist."""
    wanted = {name.namespace for name in names}
    rows = Namespace.objects.filter(name__in=wanted).order_by("name")
    groups: list[tuple[Namespace, list[str]]] = []
    left = MAX_CREATED
    for row in rows:
        group = [name.name for name in names if name.namespace == row.name][:left]
        left -= len(group)
        groups.append((row, group))
    return groups


def _create_some(namespace: Namespace, names: Sequence[str], origin: Origin) -> bool:
    by = Performer(SYSTEM, "registry notification", origin=origin)
    try:
        created = create_arrivals(namespace, names, by)
    except DomainError as error:
        logger.info("nothing created in %s: %s", namespace, error.message)
        return False
    for name in created:
        logger.info("repository %s/%s came from a registry", namespace, name)
    return bool(created)


def _repositories(names: Collection[RepositoryName]) -> dict[RepositoryName, int]:
    """The keys of those that exist."""
    if not names:
        return {}
    rows = Repository.objects.order_by().filter(
        namespace__name__in={name.namespace for name in names},
        name__in={name.name for name in names},
    )
    found = {
        RepositoryName(namespace, name): key
        for namespace, name, key in rows.values_list("namespace__name", "name", "pk")
    }
    return {name: key for name, key in found.items() if name in names}


def _callers(actors: Collection[str]) -> dict[str, _Caller]:
    """Who the actors are; anonymous and unknown ones are left out."""
    robots = [robot for actor in actors if (robot := parse_robot_name(actor))]
    people = [actor for actor in actors if actor and not means_robot(actor)]
    found: dict[str, _Caller] = {}
    if robots:
        rows = Robot.objects.order_by().filter(
            namespace__name__in={robot.namespace for robot in robots},
            name__in={robot.shortname for robot in robots},
        )
        for namespace, name, key in rows.values_list("namespace__name", "name", "pk"):
            found[f"{namespace}+{name}"] = (Kind.ROBOT, key)
    for batch in batches(people):
        users = get_user_model()
        field = users.USERNAME_FIELD
        known = users._default_manager.filter(**{f"{field}__in": batch})
        for name, key in known.values_list(field, "pk"):
            found[name] = (Kind.USER, key)
    return found
