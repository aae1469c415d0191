"""Create a repository before anything is pushed to it."""

from typing import Any

from django.core.management.base import CommandParser

from robots import conf
from robots.lifecycle.repositories import create_repository
from robots.lookup import namespace_named
from robots.management.command import Deed, Outcome
from robots.roles import Visibility


class Command(Deed):
    help = """\
Create a repository in an organization or in a person's own namespace. It is
private unless --public is given. The default permissions of its namespace apply
at once; nobody gets admin for having created it.

The name after the namespace is lowercase letters, digits and . _ - in parts
separated by /. A name without a namespace lies in LIBRARY_NAMESPACE."""
    examples = (
        "manage.py create_repository acme/web",
        'manage.py create_repository acme/base/images --public --description "Bases"',
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "repository", metavar="NAMESPACE/NAME", help="The new repository."
        )
        parser.add_argument(
            "--public", action="store_true", help="Let anybody pull from it."
        )
        parser.add_argument("--description", metavar="TEXT", default="")

    def perform(self, options: dict[str, Any]) -> Outcome:
        visibility = Visibility.PUBLIC if options["public"] else Visibility.PRIVATE
        namespace, name = _split(options["repository"])
        repository = create_repository(
            namespace_named(namespace),
            name,
            self.by,
            visibility=visibility,
            description=options["description"],
        )
        return Outcome(
            f"Created {visibility.label} repository {repository.full_name}.",
            {
                "repository": repository.full_name,
                "visibility": visibility.label,
                "description": repository.description,
            },
        )


def _split(path: str) -> tuple[str, str]:
    namespace, slash, name = path.partition("/")
    return (namespace, name) if slash else (conf.library_namespace(), path)
