"""What was not used, row by row: what the command, the API and the admin site tell.

`why_kept` says why a plan of removals leaves a row as it is; None where it does not.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from robots import conf
from robots.idle import last_seen, why_kept
from robots.models import Namespace, RepositoryPermission
from robots.moments import moment_text
from robots.names import TEAM_PREFIX
from robots.roles import Role, Visibility
from robots.unused import Period, empty_teams, idle_robots, unused_permissions

LAST_ADMIN = "no other person or team used a right to administer the repository"
MIRROR = "the robot mirrors the repository"
WHITELISTED = "the robot is in ROBOTS_WHITELIST"

CHUNK = 2_000
"""Rows that are fetched at a time."""


class UnusedPermission(NamedTuple):
    """A permission that grants more than `used`, which is None for nothing at all.

    `grantee` is `namespace+robot`, `team:NAME` or a user name; `repository` and
    `namespace` are short names. `last_use` is that of any action, None for never.
    """

    namespace: str
    repository: str
    is_public: bool
    grantee: str
    role: Role
    used: Role | None
    last_use: datetime | None
    until: datetime | None
    created_at: datetime
    why_kept: str | None

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "namespace": self.namespace,
            "repository": self.repository,
            "is_public": self.is_public,
            "grantee": self.grantee,
            "role": self.role.label,
            "used": self.used.label if self.used else None,
            "last_use": moment_text(self.last_use),
            "until": moment_text(self.until),
            "created_at": moment_text(self.created_at),
            "why_kept": self.why_kept,
        }


class IdleRobot(NamedTuple):
    """A robot that did not log in; `name` is the short one."""

    namespace: str
    name: str
    last_use: datetime | None
    created_at: datetime
    why_kept: str | None

    @property
    def full_name(self) -> str:
        return f"{self.namespace}+{self.name}"

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.full_name,
            "last_use": moment_text(self.last_use),
            "created_at": moment_text(self.created_at),
            "why_kept": self.why_kept,
        }


class EmptyTeam(NamedTuple):
    """A team without members, or one that gives its members nothing, or both."""

    namespace: str
    name: str
    is_empty: bool
    gives_nothing: bool

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return self._asdict()


def permission_rows(
    namespaces: QuerySet[Namespace], period: Period
) -> Iterator[UnusedPermission]:
    """All of them, by namespace, repository and age; read piece by piece."""
    found = unused_permissions(namespaces, period).order_by(
        "repository__namespace__name", "repository__name", "pk"
    )
    return map(permission_row, found.iterator(CHUNK))


def robot_rows(namespaces: QuerySet[Namespace], period: Period) -> Iterator[IdleRobot]:
    """All of them, by name."""
    found = idle_robots(namespaces, period).order_by("namespace__name", "name")
    return map(robot_row, found.iterator(CHUNK))


def team_rows(namespaces: QuerySet[Namespace], period: Period) -> Iterator[EmptyTeam]:
    """All of them, by name."""
    found = empty_teams(namespaces, period).order_by("namespace__name", "name")
    return map(team_row, found.iterator(CHUNK))


def permission_row(found: Any) -> UnusedPermission:
    """One of `robots.unused.unused_permissions`."""
    return UnusedPermission(
        namespace=found.repository.namespace.name,
        repository=found.repository.name,
        is_public=found.repository.visibility == Visibility.PUBLIC,
        grantee=_grantee(found),
        role=Role(found.role),
        used=Role(found.used) if found.used else None,
        last_use=found.last_use,
        until=found.expires_at,
        created_at=found.created_at,
        why_kept=_why_kept(found),
    )


def robot_row(found: Any) -> IdleRobot:
    """One of `robots.unused.idle_robots`."""
    return IdleRobot(
        namespace=found.namespace.name,
        name=found.name,
        last_use=last_seen(found),
        created_at=found.created_at,
        why_kept=why_kept(found),
    )


def team_row(found: Any) -> EmptyTeam:
    """One of `robots.unused.empty_teams`."""
    return EmptyTeam(
        found.namespace.name, found.name, found.is_empty, found.gives_nothing
    )


def _why_kept(found: Any) -> str | None:
    robot = found.robot
    if robot is not None and robot.pk == found.repository.mirror_robot_id:
        return MIRROR
    if robot is not None and conf.is_whitelisted(robot.full_name):
        return WHITELISTED
    return LAST_ADMIN if found.is_last_admin else None


def _grantee(permission: RepositoryPermission) -> str:
    if permission.team is not None:
        return f"{TEAM_PREFIX}{permission.team.name}"
    if permission.robot is not None:
        return permission.robot.full_name
    return permission.user.get_username() if permission.user else ""
