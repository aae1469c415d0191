"""Create an organization, with its team of owners."""

from typing import Any

from django.core.management.base import CommandParser

from robots.lifecycle.organizations import OWNERS_TEAM, create_organization
from robots.lookup import user_named
from robots.management.command import Deed, Outcome


class Command(Deed):
    help = """\
Create an organization and its team "owners", which has the team role admin.

NAME is 2 to 255 lowercase letters and digits; one of . _ - may stand between
them. People and organizations share one space of names."""
    examples = (
        "manage.py create_organization acme",
        "manage.py create_organization acme --owner alice",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="The new organization.")
        parser.add_argument(
            "--owner", metavar="USERNAME", help="A person to put in the team owners."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        username = options["owner"]
        owner = user_named(username) if username is not None else None
        organization = create_organization(options["name"], self.by, owner)
        who = f"{username} is in it" if owner else "nobody is in it yet"
        return Outcome(
            f"Created organization {organization.name}"
            f" with the team {OWNERS_TEAM} (admin); {who}.",
            {
                "organization": organization.name,
                "team": OWNERS_TEAM,
                "owner": username,
            },
        )
