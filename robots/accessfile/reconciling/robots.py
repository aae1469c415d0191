"""Robots of a file: created with their tokens, changed, and removed."""

from collections.abc import Mapping
from typing import Any

from robots.accessfile.documents import ROBOT_FIELDS, RobotDocument
from robots.accessfile.reconciling.differences import (
    difference,
    differing,
    lasts_longer,
    shown,
)
from robots.accessfile.reconciling.site import Site
from robots.lifecycle.robots import change_robot, create_robot, delete_robot
from robots.models import Robot

ROBOT = "robot"


def settle(site: Site) -> None:
    """Create the robots that are new, and change those that are there."""
    for robot in Robot.objects.filter(namespace=site.namespace).order_by("name"):
        robot.namespace = site.namespace
        site.robots[robot.name] = robot
    for name, said in sorted((site.said.robots or {}).items()):
        held = site.robots.get(name)
        with site.at(said.line):
            site.robots[name] = (
                _created(site, name, said)
                if held is None
                else _changed(site, held, said)
            )


def remove_others(site: Site) -> None:
    """Remove the robots that the file does not list, or count them."""
    if site.said.robots is None:
        return
    others = [name for name in sorted(site.robots) if name not in site.said.robots]
    if not site.prunes:
        site.leave(len(others))
        return
    for name in others:
        robot = site.robots[name]
        with site.at(site.said.line):
            _remove(site, robot)


def _created(site: Site, name: str, said: RobotDocument) -> Robot:
    fields, full_name = said.fields, f"{site.name}+{name}"
    secrets = site.order.secrets
    made = create_robot(
        site.namespace,
        name,
        site.by,
        description=fields.get("description", ""),
        metadata=fields.get("metadata"),
        expires_at=fields.get("expires_at"),
        enabled=fields.get("enabled", True),
        secret=secrets.get(full_name),
        with_token=secrets.get(full_name, True) is not None,
        past_end=True,
    )
    if full_name not in secrets:
        site.ledger.tokens.append((full_name, made.secret))
    site.ledger.add(ROBOT, full_name, *_details(fields))
    return made.robot


def _changed(site: Site, robot: Robot, said: RobotDocument) -> Robot:
    names = differing(said.fields, robot, ROBOT_FIELDS)
    if not names:
        return robot
    after = said.fields
    details = [difference(name, getattr(robot, name), after[name]) for name in names]
    widens = ("enabled" in names and bool(after["enabled"])) or (
        "expires_at" in names and lasts_longer(robot.expires_at, after["expires_at"])
    )
    changed = change_robot(robot, {name: after[name] for name in names}, site.by)
    site.ledger.change(ROBOT, robot.full_name, details, widens=widens)
    return changed


def _remove(site: Site, robot: Robot) -> None:
    full_name = robot.full_name
    delete_robot(robot, site.by)
    site.ledger.remove(ROBOT, full_name)


def _details(fields: Mapping[str, Any]) -> list[str]:
    """What a new robot has beside its name."""
    return [
        f"{name} {shown(fields[name])}"
        for name in ROBOT_FIELDS
        if fields.get(name) not in (None, "", True, {})
    ]
