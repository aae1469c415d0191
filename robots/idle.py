"""Idle robots: who could have logged in for some time, and did not.

What nobody used, and what is disabled for that, are the same robots.
"""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform

from robots import conf
from robots.errors import DomainError
from robots.grants import usable_namespaces
from robots.issuer_trusts import robots_trusting
from robots.models import (
    AuditEvent,
    EmergencySwitch,
    Repository,
    RepositoryUse,
    Robot,
)
from robots.switches import columns, stops_anywhere, switches_on
from robots.unexpired import unexpired
from robots.used_roles import last_of


def idle_robots(begin: datetime, now: datetime) -> QuerySet[Any]:
    """Robots that could log in from `begin` to `now`, and did not use anything.

    A robot that could not log in for a part of that time is not idle: it, or all of
    its namespace, was enabled, or the namespace's owner, or it got another end, or an
    emergency switch ended, that of an issuer that it trusts among them. What is stopped
    now is idle, and `why_kept` tells. Each has `last_use`, the last use of a repository
    that is known, and what `why_kept` reads.
    """
    uses = RepositoryUse.objects.filter(robot=OuterRef("pk"))
    mirrored = Repository.objects.filter(mirror_robot=OuterRef("pk"))
    return (
        Robot.objects.filter(
            unexpired(now),
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=begin),
            ~Exists(uses.filter(last_used_at__gte=begin)),
            ~Exists(_let_in_since(begin)),
            ~Exists(_namespace_let_in_since(begin)),
            ~Exists(_site_let_in_since(begin)),
            ~Exists(_switch_ended_since(begin, now)),
            ~Q(pk__in=_issuer_let_in_since(begin, now)),
            usable_namespaces("namespace__"),
            enabled=True,
            created_at__lt=begin,
        )
        .annotate(
            last_use=last_of(uses),
            mirrors=Subquery(mirrored.order_by("name").values("name")[:1]),
            issuer_is_stopped=Exists(_stopped_by_issuer(now)),
            **columns("namespace_id", "pk", now),
        )
        .select_related("namespace")
    )


def last_seen(found: Any) -> datetime | None:
    """When one of `idle_robots` logged in or used a repository last; None for never."""
    uses = [use for use in (found.last_used_at, found.last_use) if use]
    return max(uses, default=None)


def why_kept(found: Any) -> str | None:
    """Why one of `idle_robots` is to stay enabled all the same; None if it is not."""
    full_name = found.full_name
    if found.mirrors is not None:
        return f"mirrors {found.namespace.name}/{found.mirrors}"
    if conf.is_whitelisted(full_name):
        return "is in ROBOTS_WHITELIST"
    if conf.robots_disallowed(full_name):
        return "is stopped by ROBOTS_DISALLOW"
    if stops_anywhere(found, full_name):
        return "is stopped by an emergency switch"
    if found.issuer_is_stopped:
        return "trusts an issuer whose emergency switch is on"
    return None


def check_uses_are_written() -> None:
    """Raise DomainError where no process writes uses: all would look unused."""
    if conf.usage_flush_seconds() <= 0:
        raise DomainError(
            "USAGE_FLUSH_SECONDS is 0, so that no use is written: what is used would"
            " look unused"
        )


def _let_in_since(begin: datetime) -> QuerySet[Any]:
    """Of one robot, when somebody enabled it since then, or gave it another end."""
    changed = Q(facts__enabled=True) | Q(facts__has_key="expires_at")
    deeds = Q(kind="enable_robot") | Q(kind="change_robot") & changed
    events = AuditEvent.objects.filter(deeds, created_at__gte=begin)
    about = events.alias(robot_name=KeyTextTransform("robot", "facts"))
    return about.filter(namespace=OuterRef("namespace_id"), robot_name=OuterRef("name"))


def _namespace_let_in_since(begin: datetime) -> QuerySet[Any]:
    """Of one robot, when its namespace or that one's owner was enabled, or a switch
    turned off: that of the namespace, or its own.
    """
    events = AuditEvent.objects.filter(
        kind__in=("enable_namespace", "user_enable", "turn_off_emergency_switch"),
        created_at__gte=begin,
        namespace=OuterRef("namespace_id"),
    )
    about = events.alias(robot_name=KeyTextTransform("robot", "facts"))
    return about.filter(Q(robot_name__isnull=True) | Q(robot_name=OuterRef("name")))


def _site_let_in_since(begin: datetime) -> QuerySet[Any]:
    return _turned_off_since(begin).filter(facts__issuer__isnull=True)


def _turned_off_since(begin: datetime) -> QuerySet[Any]:
    """When the site's switch was turned off, or that of an issuer."""
    return AuditEvent.objects.filter(
        kind="turn_off_emergency_switch",
        created_at__gte=begin,
        namespace__isnull=True,
    )


def _switch_ended_since(begin: datetime, now: datetime) -> QuerySet[Any]:
    """Of one robot, a switch that ended by itself, but for that of an issuer."""
    here = Q(site=True) | Q(namespace=OuterRef("namespace_id"))
    here |= Q(robot=OuterRef("pk"))
    return EmergencySwitch.objects.filter(here, ends_at__gte=begin, ends_at__lte=now)


def _issuer_let_in_since(begin: datetime, now: datetime) -> QuerySet[Any]:
    """Robots that trust an issuer whose switch was turned off, or ended by itself."""
    ended = EmergencySwitch.objects.filter(ends_at__gte=begin, ends_at__lte=now)
    told = KeyTextTransform("issuer", "facts")
    off = _turned_off_since(begin).annotate(issuer=told).filter(issuer__isnull=False)
    issuers = ended.filter(issuer__isnull=False).order_by().values("issuer")
    return (
        robots_trusting(issuers) | robots_trusting(off.order_by().values("issuer"))
    ).values("pk")


def _stopped_by_issuer(now: datetime) -> QuerySet[Any]:
    """Of one robot, itself where it trusts an issuer whose switch is on.

    Whom the issuer's list names is kept as well: it is one list of many robots.
    """
    issuers = switches_on(now).filter(issuer__isnull=False).values("issuer")
    return robots_trusting(issuers).filter(pk=OuterRef("pk"))
