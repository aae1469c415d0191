"""Random small worlds for properties: drawn as plain numbers, stored, and judged.

A plan may hold stray rows that link a robot with another namespace. The database
refuses those at commit; until then they stand, so that a test can ask whether the
decision refuses them too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from quaysite.models import User
from robots.identity import ANONYMOUS, Ceiling, Identity, Kind
from robots.models import (
    Namespace,
    NamespaceKind,
    Repository,
    RepositoryPermission,
    Robot,
    Team,
    TeamMember,
)
from robots.roles import Action, Role, State, TeamRole, Visibility

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

PEOPLE = ("dora", "eve")
NAMESPACES = ("a-b", "a_b", *PEOPLE)
PER_NAMESPACE = 2
"""Repositories of each namespace, and teams of each organization."""

_REPOSITORIES = ("web", "web/deep")
_ROBOTS = ((0, "bot"), (0, "ci"), (1, "bot"), (2, "bot"), (3, "bot"))
_TEAMS = ("blue", "red")
_HOMES = [home for home in range(len(NAMESPACES)) for _ in range(PER_NAMESPACE)]
_TEAM_COUNT = PER_NAMESPACE * (len(NAMESPACES) - len(PEOPLE))
_ENDS = (None, timedelta(seconds=-1), timedelta(0), timedelta(seconds=1))


@dataclass(frozen=True)
class RepositoryPlan:
    visibility: Visibility
    state: State
    mirror_robot: int | None


@dataclass(frozen=True)
class PermissionPlan:
    """`ends` is how long after NOW it ends; exactly NOW is too late."""

    repository: int
    grantee: tuple[str, int]
    role: Role
    ends: timedelta | None

    @property
    def counts(self) -> bool:
        return self.ends is None or self.ends > timedelta(0)


@dataclass(frozen=True)
class Plan:
    """A world in numbers: each points into the list of its kind."""

    enabled: tuple[bool, ...]
    active: tuple[bool, ...]
    repositories: list[RepositoryPlan]
    team_roles: list[TeamRole]
    members: list[tuple[int, tuple[str, int]]]
    permissions: list[PermissionPlan]


@dataclass(frozen=True)
class World:
    """A stored plan."""

    plan: Plan
    people: list[User]
    namespaces: list[Namespace]
    robots: list[Robot]
    teams: list[Team]
    repositories: list[Repository]


_people = st.tuples(st.just("user"), st.integers(0, len(PEOPLE) - 1))
_robots = st.tuples(st.just("robot"), st.integers(0, len(_ROBOTS) - 1))
_teams = st.tuples(st.just("team"), st.integers(0, _TEAM_COUNT - 1))


def plans() -> st.SearchStrategy[Plan]:
    """Any plan. Namespaces are enabled and people active more often than not."""
    mostly = st.sampled_from([True, True, True, False])
    return st.builds(
        Plan,
        enabled=st.tuples(*[mostly] * len(NAMESPACES)),
        active=st.tuples(*[mostly] * len(PEOPLE)),
        repositories=st.lists(
            st.builds(
                RepositoryPlan,
                st.sampled_from(Visibility),
                st.sampled_from(State),
                st.none() | st.integers(0, len(_ROBOTS) - 1),
            ),
            min_size=len(_HOMES),
            max_size=len(_HOMES),
        ),
        team_roles=st.lists(
            st.sampled_from(TeamRole), min_size=_TEAM_COUNT, max_size=_TEAM_COUNT
        ),
        members=st.lists(
            st.tuples(st.integers(0, _TEAM_COUNT - 1), _people | _robots),
            max_size=10,
            unique=True,
        ),
        permissions=st.lists(
            st.builds(
                PermissionPlan,
                st.integers(0, len(_HOMES) - 1),
                _people | _robots | _teams,
                st.sampled_from(Role),
                st.sampled_from(_ENDS),
            ),
            max_size=16,
            unique_by=lambda permission: (permission.repository, permission.grantee),
        ).map(_without_stray_teams),
    )


def _without_stray_teams(permissions: list[PermissionPlan]) -> list[PermissionPlan]:
    """Teams keep to their organization: the promise about strays is about robots."""
    return [
        permission
        for permission in permissions
        if permission.grantee[0] != "team"
        or _HOMES[permission.grantee[1]] == _HOMES[permission.repository]
    ]


def build(plan: Plan) -> World:
    """Store the plan. Call it inside a transaction that is rolled back."""
    people = User.objects.bulk_create(
        User(username=name, is_active=active)
        for name, active in zip(PEOPLE, plan.active, strict=True)
    )
    namespaces = Namespace.objects.bulk_create(_namespaces(plan, people))
    robots = Robot.objects.bulk_create(
        Robot(namespace=namespaces[home], name=name) for home, name in _ROBOTS
    )
    teams = Team.objects.bulk_create(
        Team(namespace=namespaces[_HOMES[n]], name=_TEAMS[n % PER_NAMESPACE], role=role)
        for n, role in enumerate(plan.team_roles)
    )
    repositories = Repository.objects.bulk_create(
        Repository(
            namespace=namespaces[_HOMES[n]],
            name=_REPOSITORIES[n % PER_NAMESPACE],
            visibility=planned.visibility,
            state=planned.state,
            mirror_robot=(
                None if planned.mirror_robot is None else robots[planned.mirror_robot]
            ),
        )
        for n, planned in enumerate(plan.repositories)
    )
    world = World(plan, people, namespaces, robots, teams, repositories)
    _store_grants(world)
    return world


def _namespaces(plan: Plan, people: list[User]) -> Iterator[Namespace]:
    for name, enabled in zip(NAMESPACES, plan.enabled, strict=True):
        owner = people[PEOPLE.index(name)] if name in PEOPLE else None
        kind = NamespaceKind.PERSONAL if owner else NamespaceKind.ORGANIZATION
        yield Namespace(name=name, enabled=enabled, owner=owner, kind=kind)


def _store_grants(world: World) -> None:
    rows: dict[str, Any] = {
        "user": world.people,
        "robot": world.robots,
        "team": world.teams,
    }
    TeamMember.objects.bulk_create(
        TeamMember(
            namespace=world.teams[team].namespace,
            team=world.teams[team],
            **{column: rows[column][n]},
        )
        for team, (column, n) in world.plan.members
    )
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace=world.repositories[planned.repository].namespace,
            repository=world.repositories[planned.repository],
            role=planned.role,
            expires_at=None if planned.ends is None else NOW + planned.ends,
            **{planned.grantee[0]: rows[planned.grantee[0]][planned.grantee[1]]},
        )
        for planned in world.plan.permissions
    )


def identities(world: World) -> Iterator[tuple[str, int, Identity]]:
    """Every caller of the world: its kind, its number there, and its identity."""
    yield "anonymous", 0, ANONYMOUS
    ceilings = (None, Ceiling(), Ceiling(Role.READ, TeamRole.CREATOR))
    for n, person in enumerate(world.people):
        for ceiling in ceilings:
            name, pk = person.username, person.pk
            yield "user", n, Identity(Kind.USER, name, pk, ceiling=ceiling)
    for n, robot in enumerate(world.robots):
        name = f"{NAMESPACES[_ROBOTS[n][0]]}+{robot.name}"
        yield "robot", n, Identity(Kind.ROBOT, name, robot.pk, robot.namespace_id)


def allowed(
    plan: Plan, kind: str, number: int, ceiling: Ceiling | None, repository: int
) -> frozenset[Action]:
    """What the rules give this caller there: told from the plan, without a query."""
    home = _HOMES[repository]
    if not plan.enabled[home] or not _owner_is_active(plan, home):
        return frozenset()
    planned = plan.repositories[repository]
    rights = _rights(plan, kind, number, repository)
    if ceiling is not None:
        rights &= _MEANS[ceiling.repository]
    if planned.state is not State.NORMAL:
        is_its_robot = kind == "robot" and planned.mirror_robot == number
        mirrors = planned.state is State.MIRROR and is_its_robot
        rights &= {Action.PULL, Action.PUSH} if mirrors else {Action.PULL}
    if planned.visibility is Visibility.PUBLIC:
        rights |= {Action.PULL}
    return rights


_MEANS: dict[Role | None, frozenset[Action]] = {
    None: frozenset(),
    Role.READ: frozenset({Action.PULL}),
    Role.WRITE: frozenset({Action.PULL, Action.PUSH}),
    Role.ADMIN: frozenset({Action.PULL, Action.PUSH, Action.ALL, Action.DELETE}),
}


def _owner_is_active(plan: Plan, home: int) -> bool:
    name = NAMESPACES[home]
    return name not in PEOPLE or plan.active[PEOPLE.index(name)]


def _rights(plan: Plan, kind: str, number: int, repository: int) -> frozenset[Action]:
    home = _HOMES[repository]
    if kind == "robot" and _ROBOTS[number][0] != home:
        return frozenset()
    me = (kind, number)
    mine = {me, *(("team", team) for team, member in plan.members if member == me)}
    rights: frozenset[Action] = frozenset()
    for permission in plan.permissions:
        if permission.repository == repository and permission.grantee in mine:
            rights |= _MEANS[permission.role if permission.counts else None]
    leads = any(
        name == "team"
        and _HOMES[team] == home
        and plan.team_roles[team] is TeamRole.ADMIN
        for name, team in mine
    )
    owns = kind == "user" and PEOPLE[number] == NAMESPACES[home]
    return _MEANS[Role.ADMIN] if leads or owns else rights
