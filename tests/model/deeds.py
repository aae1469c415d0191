"""What changes the model: each deed by its own words, or No and nothing happens."""

from typing import Any

from tests.model.rules import (
    LADDER,
    Namespace,
    No,
    Person,
    Repository,
    Robot,
    Rules,
    Team,
)

MOST_TOKENS = 10
"""Of ROBOT_MAX_TOKENS in docs/settings.md."""


class Deeds(Rules):
    """The rules, and everything that can be done under them."""

    # --- namespaces and people

    def add_space(self, name: str, owner: Person | None) -> None:
        if name in self.spaces:
            raise No("the name is taken")
        teams = {} if owner else {"owners": Team("admin")}
        self.spaces[name] = Namespace(owner, teams=teams)

    def rename(self, old: str, new: str, *, person: bool) -> None:
        space = self._of_kind(old, person)
        if new != old and new in self.spaces:
            raise No("the name is taken")
        del self.spaces[old]
        self.spaces[new] = space

    def remove_space(self, name: str, *, person: bool) -> None:
        """All that lives in it goes, and with its person what that one was given."""
        space = self._of_kind(name, person)
        del self.spaces[name]
        if space.owner:
            self._forget(space.owner)

    def set_active(self, name: str, active: bool) -> None:
        self.thing("person", name, "").active = active

    def set_enabled_space(self, name: str, enabled: bool) -> None:
        self.found(self.spaces, name).enabled = enabled

    def _of_kind(self, name: str, person: bool) -> Namespace:
        space: Namespace = self.found(self.spaces, name)
        if (space.owner is not None) is not person:
            raise No("of the other kind")
        return space

    # --- switches

    def switch(self, target: Any, on: bool) -> None:
        if not on and not target.stopped:
            raise No("off already")
        target.stopped = on

    # --- robots and their secrets

    def add_robot(self, space: str, name: str, role_on: tuple[str, str] | None) -> None:
        there = self.found(self.spaces, space)
        if self.stops(there, None) or name in there.robots:
            raise No("stopped, or taken")
        robot = Robot()
        if role_on:
            self.found(there.repositories, role_on[0]).grants[robot] = role_on[1], True
        there.robots[name] = robot

    def remove_robot(self, space: str, name: str) -> None:
        robot = self.thing("robot", space, name)
        there = self.spaces[space]
        if any(one.mirror is robot for one in there.repositories.values()):
            raise No("a mirror needs it")
        del there.robots[name]
        self._forget(robot)

    def regenerate(self, robot: Robot, keep: bool) -> None:
        """Federated tokens go, and the others unless they have a while to live."""
        if keep:
            self.check_room(robot)
        static = [s for s, why in robot.tokens.items() if why is None]
        robot.tokens = dict.fromkeys(static if keep else [], None)

    def check_room(self, robot: Robot) -> None:
        """ROBOT_MAX_TOKENS: of those that nobody else's token earned."""
        if sum(why is None for why in robot.tokens.values()) >= MOST_TOKENS:
            raise No("too many tokens")

    def _forget(self, gone: Any) -> None:
        """Nobody who is gone has anything, whoever takes the name."""
        for space in self.spaces.values():
            for team in space.teams.values():
                team.members.discard(gone)
            for repository in space.repositories.values():
                repository.grants.pop(gone, None)
            space.defaults = [one for one in space.defaults if gone not in one]

    # --- trusts

    def add_trust(self, robot: Robot, subject: str) -> None:
        if subject in robot.trusts:
            raise No("there already")
        robot.trusts[subject] = True

    def remove_trust(self, robot: Robot, subject: str) -> None:
        self.found(robot.trusts, subject)
        del robot.trusts[subject]
        self._end_earned(robot, subject)

    def set_trust(self, robot: Robot, subject: str, on: bool) -> None:
        self.found(robot.trusts, subject)
        robot.trusts[subject] = on
        if not on:
            self._end_earned(robot, subject)

    def _end_earned(self, robot: Robot, subject: str) -> None:
        robot.tokens = {s: why for s, why in robot.tokens.items() if why != subject}

    def admits(self, name: str, subject: str) -> Robot | None:
        """The robot that a token of the issuer may become."""
        space, _, short = name.partition("+")
        there = self.spaces.get(space)
        robot = there.robots.get(short) if there else None
        if there is None or robot is None or not self.works(there, robot):
            return None
        return robot if robot.trusts.get(subject) else None

    # --- teams

    def set_team(self, space: str, name: str, role: str) -> None:
        there = self._of_kind(space, person=False)
        there.teams.setdefault(name, Team(role)).role = role

    def remove_team(self, space: str, name: str) -> None:
        team = self.thing("team", space, name)
        del self.spaces[space].teams[name]
        self._forget(team)

    def join(self, space: str, name: str, who: Any) -> None:
        team = self.thing("team", space, name)
        self._check_home(who, self.spaces[space])
        if who in team.members:
            raise No("in it already")
        team.members.add(who)

    def leave(self, space: str, name: str, who: Any) -> None:
        team = self.thing("team", space, name)
        if who not in team.members:
            raise No("not in it")
        team.members.remove(who)

    # --- repositories and what they grant

    def add_repository(self, space: str, name: str, public: bool, by: Any) -> None:
        """Who creates it is its admin; the default permissions come to that."""
        there = self.found(self.spaces, space)
        if name in there.repositories:
            raise No("the name is taken")
        made = there.repositories[name] = Repository(public)
        own = {whom: "" for creator, whom, _ in there.defaults if creator is by and by}
        for creator, whom, role in there.defaults:
            if (creator is by and by) or (creator is None and whom not in own):
                best = max(role, made.grants.get(whom, (role,))[0], key=LADDER.index)
                made.grants[whom] = best, True
        if by is not None and by is not there.owner:
            made.grants[by] = "admin", True

    def remove_repository(self, space: str, name: str) -> None:
        self.thing("repository", space, name)
        del self.spaces[space].repositories[name]

    def mirror(self, space: str, name: str, robot: Robot | None) -> None:
        repository = self.thing("repository", space, name)
        self._check_home(robot, self.spaces[space])
        repository.mirror = robot

    def grant(self, space: str, name: str, whom: Any, role: str, lasts: bool) -> None:
        repository = self.thing("repository", space, name)
        self._check_grantee(self.spaces[space], whom)
        repository.grants[whom] = role, lasts

    def revoke(self, space: str, name: str, whom: Any) -> None:
        repository = self.thing("repository", space, name)
        if whom not in repository.grants:
            raise No("there is none")
        del repository.grants[whom]

    def set_all(
        self, space: str, names: list[str], whom: Any, role: str | None
    ) -> None:
        """One role on many repositories, or none; all of them or nothing."""
        there = self.found(self.spaces, space)
        self._check_grantee(there, whom)
        for repository in [self.found(there.repositories, name) for name in names]:
            repository.grants.pop(whom, None)
            if role:
                repository.grants[whom] = role, True

    def add_default(self, space: str, creator: Any, whom: Any, role: str) -> None:
        there = self._of_kind(space, person=False)
        self._check_home(whom, there)
        self._check_home(creator, there)
        there.defaults.append((creator, whom, role))

    def _check_grantee(self, space: Namespace, whom: Any) -> None:
        self._check_home(whom, space)
        if whom is space.owner:
            raise No("always admin")

    def _check_home(self, thing: Any, space: Namespace) -> None:
        """Robots and teams are named in their own namespace only."""
        if isinstance(thing, Robot | Team) and self.home(thing) is not space:
            raise No("of another namespace")
