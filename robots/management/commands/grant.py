"""Give a robot, a user or a team a role on a repository."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from robots.lifecycle.permissions import grant
from robots.lookup import repository_named
from robots.management.command import Deed, Outcome
from robots.management.grantees import (
    facts_of,
    grantee_named,
    permission_of,
    words_for,
)
from robots.management.moments import UNTIL_HELP, end_named
from robots.roles import Role


class Command(Deed):
    help = """\
Give IDENTITY exactly ROLE on REPOSITORY, in place of the role and the end that it
had there itself. What it has through teams stays.

IDENTITY is one of
  namespace+robot   a robot of the repository's own namespace
  USERNAME          a person
  team:NAME         a team of the repository's organization
ROLE is read (pull), write (pull, push) or admin (everything)."""
    examples = (
        "manage.py grant acme+ci acme/web write",
        "manage.py grant bob acme/web read --until 2030-06-30",
        "manage.py grant team:developers acme/web admin"
        " --until 2030-06-30T18:00:00+02:00",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("identity", metavar="IDENTITY")
        parser.add_argument("repository", metavar="REPOSITORY", help="namespace/name")
        parser.add_argument(
            "role", metavar="ROLE", choices=Role.labels, help="read, write or admin"
        )
        parser.add_argument("--until", metavar="ISO8601", help=UNTIL_HELP)

    def perform(self, options: dict[str, Any]) -> Outcome:
        until = end_named(options["until"]) if options["until"] is not None else None
        repository = repository_named(options["repository"])
        grantee = grantee_named(options["identity"], repository)
        role = Role.from_name(options["role"])
        with transaction.atomic():
            before = permission_of(grantee, repository)
            after = grant(repository, grantee, role, self.by, until)
        had = facts_of(before) if before else None
        has = facts_of(after)
        was = words_for(before) if before else "nothing of its own"
        change = "as before" if had == has else f"before: {was}"
        return Outcome(
            f"{options['identity']} has {words_for(after)}"
            f" on {repository.full_name} ({change}).",
            {
                "identity": options["identity"],
                "repository": repository.full_name,
                **has,
                "before": had,
                "changed": had != has,
            },
        )
