"""Write who may do what as a file: for git, for a spreadsheet, for another site."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from robots.accessfile.exporting import exported, snapshot, write_file
from robots.accessfile.schema import schema
from robots.accessfile.writing import csv_of, yaml_of
from robots.errors import DomainError
from robots.lookup import namespace_named
from robots.management.command import Deed, Outcome
from robots.models import Namespace

FORMATS = {"yaml": yaml_of, "csv": csv_of}


class Command(Deed):
    help = """\
Write what namespaces hold as an access file: teams, members, robots, repositories,
permissions, default permissions and trusts. No secret is in it. The same database
gives the same bytes, so that git shows what has changed; apply_access reads it back.

Without NAMESPACE it is all of them. A CSV file has the permissions only."""
    examples = (
        "manage.py export_access > access.yaml",
        "manage.py export_access acme --output acme.yaml",
        "manage.py export_access acme --format csv --output permissions.csv",
        "manage.py export_access --schema > access-file.schema.json",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "namespaces",
            metavar="NAMESPACE",
            nargs="*",
            help="Organizations or people's own namespaces. Default: every one.",
        )
        parser.add_argument(
            "--format", choices=tuple(FORMATS), default="yaml", help="Default: yaml."
        )
        parser.add_argument(
            "--output",
            metavar="FILE",
            help="Write to FILE, in one step, instead of stdout. A new file is readable"
            " by its owner only; one that is there keeps its mode.",
        )
        parser.add_argument(
            "--schema",
            action="store_true",
            help="Write the JSON Schema of access files instead.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        if options["schema"]:
            return self._schema(options)
        with snapshot():
            namespaces = _namespaces(options["namespaces"])
            pieces = FORMATS[options["format"]](exported(namespaces))
            facts = {
                "format": options["format"],
                "namespaces": sorted(namespace.name for namespace in namespaces),
            }
            return self._written(pieces, facts, options)

    def _schema(self, options: dict[str, Any]) -> Outcome:
        if options["namespaces"]:
            raise DomainError("--schema: it is the same for every NAMESPACE; name none")
        text = json.dumps(schema(), indent=2) + "\n"
        return self._written([text], {"format": "schema"}, options)

    def _written(
        self, pieces: Iterable[str], facts: dict[str, Any], options: dict[str, Any]
    ) -> Outcome:
        output = options["output"]
        if output is not None:
            write_file(Path(output), pieces)
            return Outcome(f"Wrote {output}{_count(facts)}.", {**facts, "file": output})
        if options["json"]:
            return Outcome("", {**facts, "content": "".join(pieces)})
        return Outcome(self._streamed(pieces), {})

    def _streamed(self, pieces: Iterable[str]) -> str:
        """Write all pieces but the last one, which is what is left to tell."""
        last = ""
        for piece in pieces:
            self.stdout.write(last, ending="")
            last = piece
        return last


def _namespaces(names: list[str]) -> list[Namespace]:
    """Those that are named, each once, or all. Raises NotFound."""
    if not names:
        return list(Namespace.objects.order_by())
    return [namespace_named(name) for name in dict.fromkeys(names)]


def _count(facts: dict[str, Any]) -> str:
    if "namespaces" not in facts:
        return ""
    count = len(facts["namespaces"])
    return f": {count} namespace{'' if count == 1 else 's'}"
