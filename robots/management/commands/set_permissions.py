"""Set one role for many robots, teams or people on many repositories."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

from django.core.management.base import CommandParser

from robots.batches import batches
from robots.errors import DomainError
from robots.lifecycle.permission_counts import Counts, sum_of
from robots.lifecycle.permission_sets import PermissionSet, permission_set
from robots.lifecycle.permissions import Grantee
from robots.lifecycle.wanted import NO_ROLE, Wanted
from robots.lookup import namespace_named
from robots.management.chosen import grantees_chosen, selections_chosen
from robots.management.command import DONE, PENDING, Deed, Outcome
from robots.management.counted import (
    facts_of,
    facts_of_change,
    line_of_change,
    table_of,
)
from robots.management.moments import UNTIL_HELP, end_named
from robots.management.name_files import STDIN, NameFile, names_of, opened
from robots.management.progress import bar
from robots.models import Namespace
from robots.roles import Role
from robots.selection import Selection


class Command(Deed):
    help = """\
Give every IDENTITY exactly ROLE on every chosen repository of NAMESPACE, in place of
the role and the end that it had there itself: on all of them, or on none if anything
is wrong. What it has through teams stays, and so do other repositories.

ROLE is none (take the permission away), read, write or admin.
IDENTITY is one of
  acme+ci, acme+deploy-*    robots of the namespace
  team:dev, team:dev-*      teams of the namespace
  bob                       a person
REPOSITORY is a name, with the namespace before it or without, or a glob.
In globs * stands for any number of characters, slashes too, and ? for one; one that
matches nothing is refused. Files have one name or glob a line, and # before a comment;
- is standard input."""
    examples = (
        "manage.py set_permissions acme write --to acme+ci --on web 'apps/*'",
        "manage.py set_permissions acme read --to 'acme+deploy-*' --all --dry-run",
        "manage.py set_permissions acme read --to team:dev bob --on-file names.txt"
        " --until 2030-06-30",
        "manage.py set_permissions acme none --to-file leavers.txt --all --list",
    )
    exit_codes: ClassVar[dict[int, str]] = {
        **Deed.exit_codes,
        DONE: "done, or there was nothing to do",
        PENDING: "there is something to do (only with --dry-run)",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("namespace", metavar="NAMESPACE")
        parser.add_argument(
            "role", metavar="ROLE", choices=[NO_ROLE, *Role.labels], help="see above"
        )
        _add_names(parser, "to", "IDENTITY", "Whom it is for.")
        _add_names(parser, "on", "REPOSITORY", "Which repositories.")
        parser.add_argument("--all", action="store_true", help="Every repository.")
        parser.add_argument("--until", metavar="ISO8601", help=UNTIL_HELP)
        parser.add_argument(
            "--dry-run", action="store_true", help="Only tell what would change."
        )
        parser.add_argument(
            "--list", action="store_true", help="Tell each permission that changes."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        wanted = _wanted(options)
        namespace = namespace_named(options["namespace"])
        _check_choice(options)
        with opened("to", options["to_file"]) as file:
            names = names_of(options["to"], file)
            grantees = grantees_chosen(namespace, names)
        with opened("on", options["on_file"]) as file:
            chosen = _selections(namespace, options, file)
            with TemporaryFile("w+", encoding="utf-8") as told:
                made = self._set(namespace, grantees, chosen, wanted, options, told)
                # Only now, since others wait while the transaction lasts.
                told.seek(0)
                for line in told:
                    self.stdout.write(line, ending="")
                return made

    def _set(
        self,
        namespace: Namespace,
        grantees: Sequence[Grantee],
        selections: Iterable[Selection | None],
        wanted: Wanted,
        options: Mapping[str, Any],
        told: IO[str],
    ) -> Outcome:
        quiet = options["json"]
        with permission_set(namespace) as permissions:
            with bar("Comparing", quiet=quiet):
                _stage(permissions, grantees, selections, wanted)
                if not options["dry_run"]:
                    permissions.lock()
                counts = permissions.counts_by_grantee()
            changes = _changes(permissions, options, told)
            if not options["dry_run"]:
                with bar("Writing", quiet=quiet):
                    permissions.save(self.by)
        return _outcome(options, wanted, counts, changes)


def _add_names(parser: CommandParser, option: str, metavar: str, help: str) -> None:
    parser.add_argument(
        f"--{option}",
        action="extend",
        nargs="+",
        default=[],
        metavar=metavar,
        help=help,
    )
    parser.add_argument(
        f"--{option}-file",
        metavar="FILE",
        help=f"The same from a file; {STDIN} is stdin.",
    )


def _wanted(options: Mapping[str, Any]) -> Wanted:
    name, until = options["role"], options["until"]
    role = None if name == NO_ROLE else Role.from_name(name)
    if role is None and until is not None:
        raise DomainError("--until: there is nothing to end where the role is none")
    return Wanted(role, None if until is None else end_named(until))


def _check_choice(options: Mapping[str, Any]) -> None:
    if not (options["to"] or options["to_file"]):
        raise DomainError("Say whom it is for: --to or --to-file")
    if bool(options["on"] or options["on_file"]) == options["all"]:
        raise DomainError("Say which repositories: --on and --on-file, or --all")
    if options["to_file"] == options["on_file"] == STDIN:
        raise DomainError("--to-file and --on-file cannot both be standard input")


def _stage(
    permissions: PermissionSet,
    grantees: Sequence[Grantee],
    selections: Iterable[Selection | None],
    wanted: Wanted,
) -> None:
    if not grantees:
        raise DomainError("--to-file: there is no name in it")
    for selection in selections:
        for some in batches(grantees):
            permissions.want_everywhere(some, selection, wanted)


def _selections(
    namespace: Namespace, options: Mapping[str, Any], file: NameFile | None
) -> Iterator[Selection | None]:
    if options["all"]:
        yield None
    else:
        yield from selections_chosen(namespace, names_of(options["on"], file))


def _changes(
    permissions: PermissionSet, options: Mapping[str, Any], told: IO[str]
) -> list[dict[str, Any]] | None:
    """What --json lists; without it, each change is a line of `told`."""
    if not options["list"]:
        return None
    namespace = options["namespace"]
    if options["json"]:
        return [facts_of_change(namespace, made) for made in permissions.changes()]
    for made in permissions.changes():
        told.write(f"{line_of_change(namespace, made)}\n")
    return None


def _outcome(
    options: Mapping[str, Any],
    wanted: Wanted,
    counts: Mapping[str, Counts],
    changes: Sequence[dict[str, Any]] | None,
) -> Outcome:
    total, dry_run = sum_of(counts.values()), options["dry_run"]
    facts = {
        "namespace": options["namespace"],
        **facts_of(wanted),
        "dry_run": dry_run,
        **total._asdict(),
        "identities": [{"identity": k, **n._asdict()} for k, n in counts.items()],
    }
    if changes is not None:
        facts["changes"] = changes
    code = PENDING if dry_run and total.changes else DONE
    return Outcome(_text(options, total, counts), facts, code)


def _text(
    options: Mapping[str, Any], total: Counts, counts: Mapping[str, Counts]
) -> str:
    if not total.changes:
        verb = "Nothing to change"
    elif options["dry_run"]:
        verb = f"Would change {_counted(total.changes)}"
    else:
        verb = f"Changed {_counted(total.changes)}"
    table = f"{table_of(counts)}\n\n" if counts else ""
    return f"{table}{verb} in {options['namespace']}."


def _counted(number: int) -> str:
    return "1 permission" if number == 1 else f"{number} permissions"
