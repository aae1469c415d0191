"""What a robot is given as it is created: permissions, and places in teams."""

from collections.abc import Iterable, Mapping, Sequence

from robots.audit import Performer
from robots.errors import DomainError
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import Namespace, Repository, Robot, Team
from robots.roles import Role

RoleOn = tuple[str, Role]
"""A repository's name below its namespace, and the role there."""


def give(
    robot: Robot, permissions: Sequence[RoleOn], teams: Sequence[str], by: Performer
) -> None:
    """Grant `permissions` and join `teams`, all in the robot's own namespace.

    Call it in the transaction that creates the robot. Raises DomainError that
    names what is unknown, or named twice.
    """
    roles = dict(permissions)
    _check_once("repository", [name for name, _ in permissions])
    _check_once("team", teams)
    for repository in _repositories(robot.namespace, roles):
        grant(repository, robot, roles[repository.name], by)
    for team in _teams(robot.namespace, teams):
        add_member(team, robot, by)


def _repositories(
    namespace: Namespace, roles: Mapping[str, Role]
) -> Iterable[Repository]:
    """The repositories, locked, so that none of them goes before the grant."""
    if not roles:
        return []
    rows = Repository.objects.select_for_update(no_key=True).order_by("pk")
    found = {row.name: row for row in rows.filter(namespace=namespace, name__in=roles)}
    _check_known("repository", roles, found)
    for row in found.values():
        row.namespace = namespace
    return found.values()


def _teams(namespace: Namespace, names: Sequence[str]) -> Iterable[Team]:
    if not names:
        return []
    rows = Team.objects.select_for_update(no_key=True).order_by("pk")
    found = {row.name: row for row in rows.filter(namespace=namespace, name__in=names)}
    _check_known("team", names, found)
    for row in found.values():
        row.namespace = namespace
    return found.values()


def _check_known(noun: str, names: Iterable[str], found: Mapping[str, object]) -> None:
    for name in names:
        if name not in found:
            raise DomainError(f"There is no {noun} {name} in this namespace")


def _check_once(noun: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DomainError(f"The {noun} {name} is named twice")
        seen.add(name)
