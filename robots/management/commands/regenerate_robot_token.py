"""Replace all tokens of a robot by a new one, and show it, once."""

from typing import Any

from django.core.management.base import CommandParser

from robots.lifecycle.robots import regenerate_token
from robots.lookup import robot_named
from robots.management.command import Deed, Outcome


class Command(Deed):
    help = """\
Delete every token of a robot, federated ones included, and print a new static
one. Keep it: this command does not show it again.

The old tokens are refused from the next login on. A registry token that was
issued before lives on for REGISTRY_TOKEN_LIFETIME seconds at most."""
    examples = (
        "manage.py regenerate_robot_token acme+ci",
        "manage.py regenerate_robot_token acme+ci | sed -n 's/^Token: //p'",
        "manage.py regenerate_robot_token acme+ci --json | jq -r .token",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("robot", metavar="NAMESPACE+NAME")

    def perform(self, options: dict[str, Any]) -> Outcome:
        new = regenerate_token(robot_named(options["robot"]), self.by)
        name, token = new.robot.full_name, new.secret.reveal()
        return Outcome(
            f"All old tokens of robot {name} are dead.\n"
            "Keep the new one now; this command does not show it again.\n"
            f"Token: {token}",
            {"robot": name, "token": token},
        )
