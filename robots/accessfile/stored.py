"""What the database holds of a namespace, as an access file would say it.

Everything is said, each field and each section that the namespace can have. What a
file may leave unsaid is for `robots.accessfile.plain` to leave out. No secrets are
read: neither tokens nor imported ones.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model

from robots.accessfile.documents import (
    ORGANIZATION_FIELDS,
    REPOSITORY_FIELDS,
    ROBOT_FIELDS,
    TEAM_FIELDS,
    DefaultPermissionDocument,
    Fields,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.trusts import TrustFacts, keeper
from robots.models import (
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    Team,
    TeamMember,
)
from robots.names import TEAM_PREFIX
from robots.roles import Role, State, TeamRole, Visibility

_CHUNK = 5_000
"""Rows of permissions that are fetched at a time."""


def namespace_document(namespace: Namespace) -> NamespaceDocument:
    """All of a namespace, everything sorted by code point. Seven queries at most."""
    enabled = {"enabled": namespace.enabled}
    if not namespace.is_organization:
        return NamespaceDocument(
            personal=True,
            fields=enabled,
            robots=_robots(namespace),
            repositories=_repositories(namespace),
        )
    return NamespaceDocument(
        fields={name: getattr(namespace, name) for name in ORGANIZATION_FIELDS},
        teams=_teams(namespace),
        robots=_robots(namespace),
        repositories=_repositories(namespace),
        default_permissions=tuple(_defaults(namespace)),
    )


def _teams(namespace: Namespace) -> dict[str, TeamDocument]:
    members: dict[str, list[str]] = defaultdict(list)
    rows = TeamMember.objects.filter(namespace=namespace).order_by()
    for team, robot, user in rows.values_list(
        "team__name", "robot__name", _username("user")
    ):
        members[team].append(_account(namespace, robot, user))
    teams = Team.objects.filter(namespace=namespace).order_by()
    return {
        name: TeamDocument(
            fields={"role": TeamRole(role), "description": description},
            members=dict.fromkeys(sorted(members[name]), 0),
        )
        for name, role, description in sorted(teams.values_list("name", *TEAM_FIELDS))
    }


def _robots(namespace: Namespace) -> dict[str, RobotDocument]:
    trusts = _trusts(namespace)
    rows = Robot.objects.filter(namespace=namespace).order_by()
    robots = {name: values for name, *values in rows.values_list("name", *ROBOT_FIELDS)}
    return {
        name: RobotDocument(
            fields=dict(zip(ROBOT_FIELDS, robots[name], strict=True)),
            trusts=None if trusts is None else tuple(trusts.get(name, ())),
        )
        for name in sorted(robots)
    }


def _trusts(namespace: Namespace) -> Mapping[str, Sequence[TrustFacts]] | None:
    """By robot; None where no app keeps trusts."""
    found = keeper()
    return None if found is None else found.held(namespace)


def _repositories(namespace: Namespace) -> dict[str, RepositoryDocument]:
    rows = Repository.objects.filter(namespace=namespace).order_by()
    columns = ("visibility", "state", "mirror_robot__name", "description")
    found = {name: values for name, *values in rows.values_list("name", *columns)}
    permissions = _permissions(namespace)
    return {
        name: RepositoryDocument(
            fields=_repository_fields(*found[name]),
            permissions=dict(sorted(permissions.pop(name, {}).items())),
        )
        for name in sorted(found)
    }


def _repository_fields(
    visibility: int, state: int, mirror_robot: str | None, description: str
) -> Fields:
    values = (Visibility(visibility), State(state), mirror_robot, description)
    return dict(zip(REPOSITORY_FIELDS, values, strict=True))


def _permissions(namespace: Namespace) -> dict[str, dict[str, GrantDocument]]:
    """By repository and grantee; ended ones as they are.

    Equal roles share one document, and equal names one text: there are many.
    """
    found: dict[str, dict[str, GrantDocument]] = defaultdict(dict)
    grants: dict[tuple[Any, Any], GrantDocument] = {}
    names: dict[tuple[Any, ...], str] = {}
    rows = RepositoryPermission.objects.filter(namespace=namespace).order_by()
    for repository, role, until, *grantee in rows.values_list(
        "repository__name", "role", "expires_at", *_GRANTEE, _username("user")
    ).iterator(_CHUNK):
        key = tuple(grantee)
        if key not in names:
            names[key] = _grantee(namespace, *grantee)
        if (role, until) not in grants:
            grants[role, until] = GrantDocument(Role(role), until)
        found[repository][names[key]] = grants[role, until]
    return found


_GRANTEE = ("robot__name", "team__name")


def _defaults(namespace: Namespace) -> Iterator[DefaultPermissionDocument]:
    """Each once: the database may hold one several times, which says no more."""
    rows = DefaultPermission.objects.filter(namespace=namespace).order_by()
    found = set()
    for role, robot, team, user, by_robot, by_user in rows.values_list(
        "role",
        *_GRANTEE,
        _username("user"),
        "creator_robot__name",
        _username("creator_user"),
    ):
        creator = _account(namespace, by_robot, by_user) if by_robot or by_user else ""
        found.add((_grantee(namespace, robot, team, user), Role(role).label, creator))
    for grantee, label, creator in sorted(found):
        yield DefaultPermissionDocument(grantee, Role.from_name(label), creator or None)


def _grantee(
    namespace: Namespace, robot: str | None, team: str | None, user: str | None
) -> str:
    if team is not None:
        return f"{TEAM_PREFIX}{team}"
    return _account(namespace, robot, user)


def _account(namespace: Namespace, robot: str | None, user: str | None) -> str:
    return f"{namespace.name}+{robot}" if robot is not None else str(user)


def _username(field: str) -> str:
    return f"{field}__{get_user_model().USERNAME_FIELD}"
