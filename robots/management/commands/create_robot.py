"""Create a robot account and show its token, once."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from robots.errors import DomainError
from robots.lifecycle.robots import NewToken, create_robot
from robots.lifecycle.teams import add_member
from robots.lookup import namespace_named, team_named
from robots.management.command import Deed, Outcome
from robots.models import Namespace, Robot, Team


class Command(Deed):
    help = """\
Create a robot account with one static token, and print that token. Keep it: this
command does not show it again.

The namespace, an organization or a person's own, must exist. The part after the
+ is 2 to 255 lowercase letters and digits; one of . _ - may stand between them.
The robot and its memberships are created together, or not at all. While
ROBOTS_DISALLOW or an emergency switch is on, only robots that it excepts can be
created."""
    examples = (
        "manage.py create_robot acme+ci",
        'manage.py create_robot acme+ci --description "Builds" --team builders',
        "manage.py create_robot acme+ci --team builders readers",
        "manage.py create_robot acme+ci | sed -n 's/^Token: //p'",
        "manage.py create_robot acme+ci --json | jq -r .token",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("robot", metavar="NAMESPACE+NAME", help="The new robot.")
        parser.add_argument(
            "--description", metavar="TEXT", default="", help="At most 255 characters."
        )
        parser.add_argument(
            "--team",
            metavar="TEAM",
            nargs="+",
            action="extend",
            help="Teams of the organization to put the robot in.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        _check_description(options["description"])
        namespace, shortname = _split(options["robot"])
        teams = _teams(namespace, options["team"] or [])
        new = self._create(namespace, shortname, options["description"], teams)
        names = [team.name for team in teams]
        name, token = new.robot.full_name, new.secret.reveal()
        where = f", in {', '.join(names)}" if names else ""
        return Outcome(
            f"Created robot {name}{where}.\n"
            "Keep its token now; this command does not show it again.\n"
            f"Token: {token}",
            {
                "robot": name,
                "description": new.robot.description,
                "teams": names,
                "token": token,
            },
        )

    def _create(
        self, namespace: Namespace, shortname: str, description: str, teams: list[Team]
    ) -> NewToken:
        with transaction.atomic():
            new = create_robot(namespace, shortname, self.by, description=description)
            for team in teams:
                add_member(team, new.robot, self.by)
        return new


def _check_description(text: str) -> None:
    longest = Robot._meta.get_field("description").max_length or 0
    if len(text) > longest:
        raise DomainError(f"--description: at most {longest} characters are allowed")


def _split(full_name: str) -> tuple[Namespace, str]:
    namespace, plus, shortname = full_name.partition("+")
    if not plus:
        raise DomainError(
            f"A robot is named namespace+name, for example acme+ci, not {full_name}"
        )
    return namespace_named(namespace), shortname


def _teams(namespace: Namespace, names: list[str]) -> list[Team]:
    return [team_named(namespace, name) for name in dict.fromkeys(names)]
