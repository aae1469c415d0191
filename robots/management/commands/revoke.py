"""Take away the role that a robot, a user or a team has on a repository."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from robots.lifecycle.permissions import revoke
from robots.lookup import repository_named
from robots.management.command import Deed, Outcome
from robots.management.grantees import (
    facts_of,
    grantee_named,
    permission_of,
    words_for,
)


class Command(Deed):
    help = """\
Take away the permission that names IDENTITY itself. What it has through teams,
ownership or public visibility stays; check_access shows that.

IDENTITY is one of
  namespace+robot   a robot of the repository's own namespace
  USERNAME          a person
  team:NAME         a team of the repository's organization

A registry token that was issued before lives on for REGISTRY_TOKEN_LIFETIME
seconds at most."""
    examples = (
        "manage.py revoke acme+ci acme/web",
        "manage.py revoke team:developers acme/web",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("identity", metavar="IDENTITY")
        parser.add_argument("repository", metavar="REPOSITORY", help="namespace/name")

    def perform(self, options: dict[str, Any]) -> Outcome:
        repository = repository_named(options["repository"])
        grantee = grantee_named(options["identity"], repository)
        with transaction.atomic():
            before = permission_of(grantee, repository)
            revoke(repository, grantee, self.by)
        was = f" (before: {words_for(before)})" if before else ""
        return Outcome(
            f"{options['identity']} has nothing of its own"
            f" on {repository.full_name} any more{was}.",
            {
                "identity": options["identity"],
                "repository": repository.full_name,
                "before": facts_of(before) if before else None,
            },
        )
