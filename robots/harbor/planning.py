"""Which robots of a Harbor can be here, as an access file; the others are told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from robots.accessfile.documents import (
    AccessFile,
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
)
from robots.departures import DEPARTED, departed_robots
from robots.errors import DomainError
from robots.harbor.names import name_here
from robots.harbor.records import HarborRobot
from robots.harbor.roles import role_of, unlike_ours
from robots.importing.leftovers import Leftovers
from robots.lifecycle.robots import MAX_DESCRIPTION
from robots.models import Namespace, Repository, Robot
from robots.names import RobotName
from robots.roles import Role
from robots.text import is_storable

SOURCE = "Harbor"
"""What errors call the access file."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How robots are to be brought: what is before their names, and `most` at all.

    `restores` brings back those that were deleted here.
    """

    prefix: str
    most: Role = Role.ADMIN
    creates_organizations: bool = False
    restores: bool = False
    secrets_until: datetime | None = None
    """When a kept secret must have logged in for the first time."""


@dataclass(frozen=True, slots=True)
class PlannedRobot:
    """A robot that can be brought, and the name and the role that it has here."""

    name: RobotName
    role: Role | None
    found: HarborRobot


@dataclass(slots=True)
class Plan:
    """What can be brought, and what is left out."""

    leftovers: Leftovers = field(default_factory=Leftovers)
    robots: dict[RobotName, PlannedRobot] = field(default_factory=dict)

    def file(self) -> AccessFile:
        """The organizations with the new robots, and what these may do in them."""
        names = sorted({name.namespace for name in self.robots})
        return AccessFile({name: self._document(name) for name in names}, SOURCE)

    def _document(self, namespace: str) -> NamespaceDocument:
        here = [robot for name, robot in sorted(self.robots.items())
                if name.namespace == namespace]  # fmt: skip
        roles = {str(robot.name): robot.role for robot in here if robot.role}
        grants = {name: GrantDocument(role) for name, role in roles.items()}
        repositories = Repository.objects.filter(namespace__name=namespace)
        return NamespaceDocument(
            partial=True,
            # Said of an organization that is to be created, as it must say something.
            fields={} if _exists(namespace) else {"enabled": True},
            robots={robot.name.shortname: _robot(robot.found) for robot in here},
            repositories={
                name: RepositoryDocument(permissions=grants)
                for name in repositories.order_by("name").values_list("name", flat=True)
            },
            default_permissions=tuple(
                DefaultPermissionDocument(name, role) for name, role in roles.items()
            ),
        )


def plan(found: Iterable[HarborRobot], terms: Terms, now: datetime) -> Plan:
    """What of `found` can be brought here on these terms."""
    made = Plan()
    places = _Places(terms)
    for robot in found:
        try:
            planned = _planned(robot, terms, places, now)
        except DomainError as error:
            made.leftovers.add("robot", robot.name, error.message)
            continue
        if planned.name in made.robots:
            made.leftovers.add("robot", robot.name, f"{planned.name} was there before")
            continue
        made.robots[planned.name] = planned
        _tell_losses(planned, made.leftovers)
    return made


def _planned(
    robot: HarborRobot, terms: Terms, places: "_Places", now: datetime
) -> PlannedRobot:
    """Raises DomainError with the reason why this robot cannot be brought."""
    if robot.problem:
        raise DomainError(robot.problem)
    if not robot.project:
        raise DomainError(
            "it is of the whole Harbor; robots here belong to one organization"
        )
    name = name_here(robot.name, robot.project, terms.prefix)
    role = role_of(robot.project, robot.accesses, terms.most)
    if not is_storable(robot.description):
        raise DomainError("its description cannot be stored")
    if robot.expires_at is not None and robot.expires_at <= now:
        raise DomainError(f"it expired at {robot.expires_at.isoformat()}")
    places.check(name)
    return PlannedRobot(name, role, robot)


class _Places:
    """The organizations and robots that there are, asked once for each organization."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._robots: dict[str, frozenset[str]] = {}
        self._departed: dict[str, set[str]] = {}

    def check(self, name: RobotName) -> None:
        """Raise DomainError unless a robot of that name can be created."""
        if name.namespace not in self._robots:
            self._robots[name.namespace] = self._held(name.namespace)
            self._departed[name.namespace] = departed_robots(name.namespace)
        if name.shortname in self._robots[name.namespace]:
            raise DomainError(f"{name} is here already, and stays as it is")
        if (
            name.shortname in self._departed[name.namespace]
            and not self._terms.restores
        ):
            raise DomainError(f"{name} {DEPARTED}")

    def _held(self, namespace: str) -> frozenset[str]:
        held = Namespace.objects.filter(name=namespace).first()
        if held is not None and not held.is_organization:
            raise DomainError(f"{namespace} is a person's own namespace here")
        if held is None and not self._terms.creates_organizations:
            raise DomainError(
                f"there is no organization {namespace} here;"
                " --create-organizations creates it"
            )
        robots = Robot.objects.filter(namespace__name=namespace)
        return frozenset(robots.order_by().values_list("name", flat=True))


def _exists(namespace: str) -> bool:
    return Namespace.objects.filter(name=namespace).exists()


def _robot(found: HarborRobot) -> RobotDocument:
    fields = {
        "description": found.description[:MAX_DESCRIPTION],
        "enabled": not found.disabled,
        "expires_at": found.expires_at,
    }
    return RobotDocument(fields)


def _tell_losses(planned: PlannedRobot, leftovers: Leftovers) -> None:
    found = planned.found
    if len(found.description) > MAX_DESCRIPTION:
        reason = f"only {MAX_DESCRIPTION} characters of it were brought"
        leftovers.add("description", str(planned.name), reason)
    for access in _sorted(unlike_ours(found.accesses)):
        leftovers.add("access", access, "there is no such right here")


def _sorted(names: Iterable[str]) -> Sequence[str]:
    return sorted(set(names))
