"""What nobody used: permissions, robots and teams that could go, or be less.

The command, the API and the admin site ask here. Nothing is changed.

Ended permissions are no part of this: they grant nothing. What is younger than the
period was not there for all of it, and is left out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from robots import idle
from robots.errors import DomainError
from robots.grants import live_permissions
from robots.models import (
    DefaultPermission,
    Namespace,
    RepositoryPermission,
    RepositoryUse,
    Team,
    TeamMember,
)
from robots.roles import Role, TeamRole
from robots.used_roles import NOTHING, last_use, used_role

DEFAULT_DAYS = 90
MAX_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Period:
    """The last `days` days until `now`."""

    days: int
    now: datetime

    @classmethod
    def of(cls, days: int) -> Self:
        """Until this moment. Raises DomainError for days that will not do."""
        if not 1 <= days <= MAX_DAYS:
            raise DomainError(f"days: a whole number from 1 to {MAX_DAYS}")
        return cls(days, timezone.now())

    @property
    def begin(self) -> datetime:
        return self.now - timedelta(days=self.days)

    def is_known(self, since: datetime | None) -> bool:
        """Whether uses are known for all of it, where they are known from `since`."""
        return since is not None and since <= self.begin


class UnusedCounts(NamedTuple):
    """How much of each there is."""

    unused: int
    wider: int
    robots: int
    teams: int


def known_since() -> datetime | None:
    """Since when uses are known: the first one that was written; None without any.

    What was used before that counts as unused.
    """
    first = RepositoryUse.objects.order_by("pk").values_list("first_used_at", flat=True)
    return first.first()


def unused_permissions(
    namespaces: QuerySet[Namespace], period: Period
) -> QuerySet[Any]:
    """Permissions that grant more than was used in the period, or were not used at all.

    Each has `used`, the least role (as a number, 0 for none) that what was used needs,
    `last_use` of any action, and `is_last_admin`: an admin permission of a person or
    a team, where no other permanent one on the repository was used as one.
    """
    rows = _live(namespaces, period.now).filter(created_at__lt=period.begin)
    rows = rows.alias(used_role=used_role(period.begin))
    rows = rows.filter(used_role__lt=F("role")).annotate(used=F("used_role"))
    found: QuerySet[Any] = rows.annotate(
        last_use=last_use(), is_last_admin=_is_last_admin(period)
    )
    return found.select_related(
        "repository__namespace", "robot__namespace", "team", "user"
    )


def idle_robots(namespaces: QuerySet[Namespace], period: Period) -> QuerySet[Any]:
    """The robots of these namespaces that `robots.idle` calls idle."""
    return idle.idle_robots(period.begin, period.now).filter(namespace__in=namespaces)


def empty_teams(namespaces: QuerySet[Namespace], period: Period) -> QuerySet[Any]:
    """Teams without members (`is_empty`), or that give nothing (`gives_nothing`)."""
    here = OuterRef("pk")
    permissions = _live(namespaces, period.now).filter(team=here)
    gives = Q(role__gt=TeamRole.MEMBER) | Q(Exists(permissions))
    gives |= Q(Exists(DefaultPermission.objects.filter(team=here)))
    return (
        Team.objects.filter(namespace__in=namespaces, created_at__lt=period.begin)
        .annotate(
            is_empty=~Exists(TeamMember.objects.filter(team=here)),
            gives_nothing=Case(When(gives, then=Value(False)), default=Value(True)),
        )
        .filter(Q(is_empty=True) | Q(gives_nothing=True))
        .select_related("namespace")
    )


def counts(namespaces: QuerySet[Namespace], period: Period) -> UnusedCounts:
    """Count what there is, without reading it."""
    permissions = unused_permissions(namespaces, period).order_by()
    unused = permissions.filter(used_role=NOTHING).count()
    return UnusedCounts(
        unused=unused,
        wider=permissions.count() - unused,
        robots=idle_robots(namespaces, period).count(),
        teams=empty_teams(namespaces, period).count(),
    )


def _live(namespaces: QuerySet[Namespace], now: datetime) -> QuerySet[Any]:
    return live_permissions(now).filter(namespace__in=namespaces)


def _is_last_admin(period: Period) -> Case:
    """Whether nobody else could administer the repository for sure.

    Robots do not count: they administer nothing, and are not needed for it. Nor do
    people who cannot sign in, and teams without anybody who can.
    """
    active = TeamMember.objects.filter(team=OuterRef("team_id"), user__is_active=True)
    others = (
        RepositoryPermission.objects.filter(
            Q(user__is_active=True) | Q(Exists(active)),
            repository=OuterRef("repository_id"),
            role=Role.ADMIN,
            robot__isnull=True,
            expires_at__isnull=True,
        )
        .exclude(pk=OuterRef("pk"))
        .alias(used_role=used_role(period.begin))
        .filter(Q(used_role=Role.ADMIN) | Q(created_at__gte=period.begin))
    )
    is_admin = Q(role=Role.ADMIN, robot__isnull=True)
    return Case(When(is_admin & ~Exists(others), then=True), default=False)
