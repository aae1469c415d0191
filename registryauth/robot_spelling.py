"""Robots' names as clients of Harbor write them: with a word before ours."""

from robots import conf
from robots.names import parse_robot_name


def robot_called(username: str) -> str:
    """The robot that is meant: `robot$acme+ci` is `acme+ci`; else `username` itself.

    Only the spelling changes: whoever is named must still show that robot's secret.
    What is a robot's name of ours already means just that robot, whatever
    HARBOR_ROBOT_PREFIX is.
    """
    prefix = conf.harbor_robot_prefix()
    if not prefix or not username.startswith(prefix):
        return username
    name = username.removeprefix(prefix)
    if parse_robot_name(username) is not None or parse_robot_name(name) is None:
        return username
    return name
