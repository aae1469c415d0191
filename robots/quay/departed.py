"""Robots that were deleted here: they stay deleted, whatever Quay still has."""

from dataclasses import replace

from robots.accessfile.documents import NamespaceDocument
from robots.departures import DEPARTED, departed_robots
from robots.importing.leftovers import Leftovers


def without_departed(
    name: str, document: NamespaceDocument, leftovers: Leftovers
) -> NamespaceDocument:
    """The document without the robots that were in the namespace `name` and are not.

    Each is told.
    """
    departed = departed_robots(name)
    robots = {}
    for robot, said in (document.robots or {}).items():
        if robot in departed:
            leftovers.add("robot", f"{name}+{robot}", DEPARTED)
        else:
            robots[robot] = said
    return replace(document, robots=robots)
