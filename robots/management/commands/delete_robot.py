"""Delete a robot, after showing what goes with it."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from robots.errors import DomainError
from robots.lifecycle.robots import delete_robot
from robots.lookup import robot_named
from robots.management.belongings import Belongings, belongings_of
from robots.management.command import Deed, Outcome
from robots.models import Robot


class Command(Deed):
    help = """\
Delete a robot for good, with its tokens, its memberships in teams, its
permissions and whatever else belongs to it; all of that is listed.

At a terminal the robot's name must be typed to confirm. Without a terminal, and
with --json, nothing is asked: --yes is needed. A robot that a repository is
mirrored by is not deleted.

A registry token that was issued before lives on for REGISTRY_TOKEN_LIFETIME
seconds at most."""
    examples = (
        "manage.py delete_robot acme+ci",
        "manage.py delete_robot acme+ci --yes",
        "manage.py delete_robot acme+ci --yes --json",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("robot", metavar="NAMESPACE+NAME")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def perform(self, options: dict[str, Any]) -> Outcome:
        robot = robot_named(options["robot"])
        name = robot.full_name
        if not options["yes"]:
            self._confirm(robot, may_ask=not options["json"])
        with transaction.atomic():
            gone = belongings_of(robot)
            delete_robot(robot, self.by)
        return Outcome(
            f"Deleted robot {name}, and with it:\n{gone.text()}",
            {"robot": name, **gone.facts()},
        )

    def _confirm(self, robot: Robot, may_ask: bool) -> None:
        if not (may_ask and sys.stdin.isatty()):
            raise DomainError(
                f"Nothing was deleted: give --yes to delete {robot.full_name} unasked"
            )
        if self._ask(robot.full_name, belongings_of(robot)) != robot.full_name:
            raise DomainError("Nothing was deleted: that is not the robot's name")

    def _ask(self, name: str, belongings: Belongings) -> str:
        # stdout is for the outcome alone, and may be a pipe that nobody looks at.
        self.stderr.write(
            f"With robot {name} go:\n{belongings.text()}\nType its name to delete it: ",
            str,
            ending="",
        )
        self.stderr.flush()
        try:
            return sys.stdin.readline().strip()
        except (KeyboardInterrupt, UnicodeDecodeError):
            return ""
