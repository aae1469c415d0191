"""Who may be named in an access file: robots and teams of the namespace, and people.

Pure: whether they exist is for others to ask.
"""

from robots import names
from robots.accessfile.problems import Problem, shown
from robots.names import TEAM_PREFIX, means_robot
from robots.text import is_storable

MAX_USERNAME = 255
"""Characters."""


def is_team(name: str) -> bool:
    return name.startswith(TEAM_PREFIX)


class Grantees:
    """Checks names in one namespace; each name is looked at once.

    `personal` namespaces have no teams.
    """

    def __init__(self, namespace: str, personal: bool) -> None:
        self._namespace = namespace
        self._personal = personal
        self._accounts: set[str] = set()
        self._all: set[str] = set()

    def check(self, name: str, line: int) -> None:
        """Raise Problem unless a robot or team of the namespace, or a person, is it."""
        if name in self._all:
            return
        if is_team(name):
            self._check_team(name.removeprefix(TEAM_PREFIX), line)
        else:
            self.check_account(name, line)
        self._all.add(name)

    def check_account(self, name: str, line: int) -> None:
        """Raise Problem unless a robot of the namespace, or a person, may be it."""
        if name in self._accounts:
            return
        if is_team(name):
            raise Problem(line, f"{shown(name)} is a team; name a robot or a person")
        if means_robot(name):
            self._check_robot(name, line)
        else:
            _check_person(name, line)
        self._accounts.add(name)

    def _check_team(self, name: str, line: int) -> None:
        if self._personal:
            raise Problem(line, "a personal namespace has no teams")
        if issue := names.simple_name_issue(name, "Team"):
            raise Problem(line, f"{shown(name)} cannot be a team: {issue}")

    def _check_robot(self, name: str, line: int) -> None:
        found = names.parse_robot_name(name)
        if found is None:
            raise Problem(line, f"{shown(name)} cannot be a robot")
        if found.namespace != self._namespace:
            raise Problem(line, f"{name} is a robot of another namespace")


def _check_person(name: str, line: int) -> None:
    if not 0 < len(name) <= MAX_USERNAME:
        raise Problem(line, f"a user name has 1 to {MAX_USERNAME} characters")
    if not name.isprintable() or not is_storable(name) or name != name.strip():
        raise Problem(line, f"{shown(name)} cannot be a person")
