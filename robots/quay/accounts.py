"""Robots and people that answers name: each in the words of access files."""

from typing import Any

from robots.importing.answers import Unusable, flag, text
from robots.names import MAX_LENGTH, TEAM_PREFIX, means_robot, parse_robot_name
from robots.text import is_storable


def account_in(namespace: str, said: Any) -> str:
    """`namespace+robot` or a user name. Raises Unusable.

    A robot of any other namespace is refused, and a name that would be read as
    something else than it was sent as.
    """
    name = text(said, "name")
    if flag(said, "is_robot", False):
        return robot_in(namespace, name)
    if means_robot(name) or name.startswith(TEAM_PREFIX) or not _is_user_name(name):
        raise Unusable("this is no user's name")
    return name


def robot_in(namespace: str, full_name: str) -> str:
    """The full name of a robot of `namespace`. Raises Unusable."""
    name = parse_robot_name(full_name)
    if name is None:
        raise Unusable("a robot cannot have this name here")
    if name.namespace != namespace:
        raise Unusable("a robot of another namespace")
    return full_name


def _is_user_name(name: str) -> bool:
    return 0 < len(name) <= MAX_LENGTH and is_storable(name)
