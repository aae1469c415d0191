"""Who may do what, said a second time: plain dicts, no database, no code of the site.

Written from the design and the documentation. A deed that cannot be raises No and
changes nothing. Things are found by their names, so that one which is deleted and made
again is another one; what is granted to a thing goes with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class No(Exception):
    """The rules refuse it."""


MEANS: dict[str | None, frozenset[str]] = {
    None: frozenset(),
    "read": frozenset({"pull"}),
    "write": frozenset({"pull", "push"}),
    "admin": frozenset({"pull", "push", "*", "delete"}),
}
LADDER = list(MEANS)


@dataclass(eq=False)
class Person:
    active: bool = True


@dataclass(eq=False)
class Robot:
    """`tokens`: each secret that works, and what earned it (None: it is static)."""

    enabled: bool = True
    ended: bool = False
    stopped: bool = False
    tokens: dict[str, str | None] = field(default_factory=dict)
    trusts: dict[str, bool] = field(default_factory=dict)


@dataclass(eq=False)
class Team:
    role: str
    members: set[Any] = field(default_factory=set)


@dataclass(eq=False)
class Repository:
    """`grants`: whom, to which role, and whether that lasts until now."""

    public: bool = False
    state: str = "NORMAL"
    mirror: Robot | None = None
    grants: dict[Any, tuple[str, bool]] = field(default_factory=dict)


@dataclass(eq=False)
class Namespace:
    owner: Person | None = None
    enabled: bool = True
    stopped: bool = False
    robots: dict[str, Robot] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    defaults: list[tuple[Any, Any, str]] = field(default_factory=list)
    """Whose new repositories (None: all), whom they grant, and what."""

    @property
    def usable(self) -> bool:
        return self.enabled and (self.owner is None or self.owner.active)


Who = Person | Robot | None
"""Who asks; None is anybody."""


class Rules:
    """Every namespace by its name, and the answers."""

    def __init__(self) -> None:
        self.spaces: dict[str, Namespace] = {}
        self.stopped = False

    def found(self, things: dict[str, Any], name: str) -> Any:
        if name not in things:
            raise No(name)
        return things[name]

    def thing(self, kind: str, space: str, name: str) -> Any:
        """A robot, team or repository; or the person of a personal namespace."""
        there = self.found(self.spaces, space)
        if kind == "person":
            if there.owner is None:
                raise No(space)
            return there.owner
        places = {"robot": "robots", "team": "teams", "repository": "repositories"}
        return self.found(getattr(there, places[kind]), name)

    def home(self, thing: Any) -> Namespace:
        """The namespace that a robot, team or repository lives in."""
        return next(
            space
            for space in self.spaces.values()
            if thing in (*space.robots.values(), *space.teams.values())
            or thing in space.repositories.values()
        )

    def everybody(self) -> Iterator[tuple[str, Who]]:
        """Every caller by its full name."""
        yield "", None
        for name, space in self.spaces.items():
            if space.owner:
                yield name, space.owner
            for short, robot in space.robots.items():
                yield f"{name}+{short}", robot

    # --- the decision

    def role_on(self, who: Who, space: Namespace, repository: Repository) -> str | None:
        """The highest of all that somebody has; a robot has nothing elsewhere."""
        if who is None or (isinstance(who, Robot) and self.home(who) is not space):
            return None
        teams = [team for team in space.teams.values() if who in team.members]
        if space.owner is who or any(team.role == "admin" for team in teams):
            return "admin"
        grants = [repository.grants.get(one) for one in (who, *teams)]
        roles = [grant[0] for grant in grants if grant and grant[1]]
        return max(roles, key=LADDER.index, default=None)

    def allowed(
        self, who: Who, space: str, name: str, ceiling: str | None = "admin"
    ) -> frozenset[str]:
        """The actions on a repository; none on what does not exist."""
        there = self.spaces.get(space)
        repository = there.repositories.get(name) if there else None
        if there is None or repository is None or not there.usable:
            return frozenset()
        actions = MEANS[self.role_on(who, there, repository)] & MEANS[ceiling]
        if repository.state != "NORMAL":
            mirrors = repository.state == "MIRROR" and repository.mirror is who
            actions &= {"pull", "push"} if mirrors and who else {"pull"}
        return actions | {"pull"} if repository.public else actions

    def may_create(self, who: Who, space: str, name: str) -> bool:
        """Whether a push makes the repository: owners, and teams that create."""
        there = self.spaces.get(space)
        if there is None or not there.usable or who is None:
            return False
        if name in there.repositories:
            return False
        if isinstance(who, Robot) and self.home(who) is not there:
            return False
        roles = {team.role for team in there.teams.values() if who in team.members}
        return there.owner is who or bool(roles & {"creator", "admin"})

    def stops(self, space: Namespace, robot: Robot | None) -> bool:
        return self.stopped or space.stopped or bool(robot and robot.stopped)

    def works(self, space: Namespace, robot: Robot) -> bool:
        """Whether a robot can log in at all."""
        on = robot.enabled and not robot.ended and space.usable
        return on and not self.stops(space, robot)

    def logs_in(self, name: str, secret: str) -> Robot | None:
        """The robot that a name and a secret let in."""
        space, _, short = name.partition("+")
        there = self.spaces.get(space)
        robot = there.robots.get(short) if there else None
        if there is None or robot is None or not self.works(there, robot):
            return None
        return robot if secret in robot.tokens else None
