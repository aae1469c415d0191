"""Names of namespaces, robots, teams and repositories: the only rules for them.

Pure: no database, no clock, no network. The rules and the texts are those that
clients of Quay's API know, except that a trailing newline is refused too.
"""

import re
from typing import NamedTuple

from robots.errors import NameInvalid

SIMPLE_NAME = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
"""A namespace, robot or team name, without anchors; also used in SQL constraints."""

REPOSITORY_NAME = r"[a-z0-9][.a-z0-9_-]*(?:/[a-z0-9][.a-z0-9_-]*)*"
"""A repository name below its namespace, without anchors; may be nested with `/`."""

TEAM_PREFIX = "team:"
"""What stands before a team's name where robots and people may be named too."""

MIN_LENGTH = 2
MAX_LENGTH = 255

_SIMPLE = re.compile(SIMPLE_NAME)
_REPOSITORY = re.compile(REPOSITORY_NAME)


class RobotName(NamedTuple):
    """The two halves of a robot account's full name, `namespace+shortname`."""

    namespace: str
    shortname: str

    def __str__(self) -> str:
        return f"{self.namespace}+{self.shortname}"


class RepositoryName(NamedTuple):
    """The two halves of a repository's full name, `namespace/name`."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def simple_name_issue(name: str, noun: str) -> str | None:
    """Say what is wrong with a namespace, robot or team name, or None if it is good."""
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return (
            f"{noun} must be between {MIN_LENGTH} and {MAX_LENGTH} characters in length"
        )
    if not _SIMPLE.fullmatch(name):
        return f"Namespace must match expression ^({SIMPLE_NAME})$"
    return None


def check_namespace_name(name: str) -> None:
    """Raise NameInvalid unless `name` may name an organization or a person."""
    if issue := simple_name_issue(name, "Namespace"):
        raise NameInvalid(f"Invalid namespace {name}: {issue}")


def check_team_name(name: str) -> None:
    """Raise NameInvalid unless `name` may name a team."""
    if issue := simple_name_issue(name, "Team"):
        raise NameInvalid(f"Invalid team name {name}: {issue}")


def check_robot_name(namespace: str, shortname: str) -> None:
    """Raise NameInvalid unless `shortname` may name a robot of `namespace`."""
    issue = simple_name_issue(shortname, "Namespace")
    if issue is None and len(namespace) + 1 + len(shortname) > MAX_LENGTH:
        issue = f"Full name must be at most {MAX_LENGTH} characters in length"
    if issue:
        raise NameInvalid(f"The name for the robot '{shortname}' is invalid: {issue}")


def is_repository_name(name: str) -> bool:
    """Whether `name` may name a repository below its namespace."""
    return len(name) <= MAX_LENGTH and _REPOSITORY.fullmatch(name) is not None


def check_repository_name(name: str) -> None:
    """Raise NameInvalid unless `name` may name a repository."""
    if not is_repository_name(name):
        raise NameInvalid(
            f"Invalid repository name '{name}': lowercase letters, digits and ._- in"
            f" parts separated by /, at most {MAX_LENGTH} characters"
        )


def parse_robot_name(full_name: str) -> RobotName | None:
    """Split `namespace+shortname`; None unless both halves are valid names."""
    namespace, plus, shortname = full_name.partition("+")
    well_formed = (
        plus
        and len(full_name) <= MAX_LENGTH
        and simple_name_issue(namespace, "Namespace") is None
        and simple_name_issue(shortname, "Namespace") is None
    )
    return RobotName(namespace, shortname) if well_formed else None


def means_robot(name: str) -> bool:
    """Whether the name of an account is a robot's, well-formed or not; else a person's.

    With both `+` and `@` it is an e-mail address, by which some projects name people.
    A login says less: there every `+` means a robot, as with Quay (docs/embedding.md).
    """
    return "+" in name and "@" not in name


def parse_repository_name(path: str, library: str) -> RepositoryName | None:
    """Split `namespace/name`; a path without `/` lies in the `library` namespace.

    Returns None unless both halves are valid names.
    """
    namespace, slash, name = path.partition("/")
    if not slash:
        namespace, name = library, path
    if simple_name_issue(namespace, "Namespace") or not is_repository_name(name):
        return None
    return RepositoryName(namespace, name)
