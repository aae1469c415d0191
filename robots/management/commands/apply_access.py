"""Make access files true: show what that changes, and do it in one step."""

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from robots.accessfile.decoding import MAX_BYTES
from robots.accessfile.documents import AccessFile
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import Outcome as Reconciled
from robots.accessfile.reconcile import new_robots, reconcile_all
from robots.accessfile.reconciling.ledger import (
    ADDED,
    CHANGED,
    REMOVED,
    PlannedChange,
)
from robots.accessfile.reconciling.robots import ROBOT
from robots.accessfile.shown import (
    MOST_LINES,
    change_line,
    plan_facts,
    plan_lines,
)
from robots.credentials import NewTokens
from robots.errors import DomainError
from robots.management import new_tokens
from robots.management.command import PENDING, Deed, Outcome
from robots.management.progress import bar

STDIN = "-"

_NAMED = 5
"""New robots, or changes, that an error names."""


class Command(Deed):
    help = f"""\
Make namespaces what FILE says: organizations, teams and their members, robots,
repositories, permissions, default permissions and trusts. Everything happens in one
transaction, or nothing does.

FILE is written as manage.py export_access writes it: YAML, or CSV if its name ends
in .csv, which holds permissions only. - is YAML on stdin. A namespace may be in one
file only. Namespaces that no file names are not touched.

Each line of the answer is one change: + is added, ~ is changed, - is removed, and !
before it lets somebody do more than before. Without --prune nothing is removed: what
the file does not list is counted and stays, and so does a permission of role none.
Of changes that neither let anybody do more nor remove anything, more than {MOST_LINES}
are shown with --show-all only.

A robot that is new gets a token, unless the file gives it trusts. It goes to
--tokens-file or --tokens-command, and is never printed; a dry run needs neither.
While ROBOTS_DISALLOW or an emergency switch is on, only robots that it excepts can be
created."""
    examples = (
        "manage.py apply_access acme.yaml --dry-run",
        "manage.py apply_access acme.yaml --prune --tokens-file new-tokens.json",
        "manage.py apply_access teams/*.yaml --dry-run --prune --json",
        "manage.py apply_access permissions.csv",
        "manage.py apply_access trim.yaml --prune --refuse-widening",
        "manage.py apply_access - --only acme --prune < acme.yaml",
        "manage.py apply_access --dry-run - < acme.yaml",
        "manage.py apply_access acme.yaml --tokens-command ./keep-tokens",
    )
    exit_codes = {
        **Deed.exit_codes,
        0: "done, or there is nothing to do",
        PENDING: "dry run: there is something to do",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", metavar="FILE", nargs="+", help="- is stdin.")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Show what would be done, and change nothing.",
        )
        parser.add_argument(
            "--prune",
            action="store_true",
            help="Remove what the file does not list: in each section that it has,"
            " and not in a namespace that is `partial`.",
        )
        parser.add_argument(
            "--only",
            action="append",
            metavar="NAMESPACE",
            help="Refuse files that name another namespace, before anything is looked"
            " up; may be given several times.",
        )
        parser.add_argument(
            "--refuse-widening",
            action="store_true",
            help="Change nothing if anything would be marked !, or a robot created: for"
            " files that are to take access away.",
        )
        parser.add_argument(
            "--show-all", action="store_true", help="Show every change."
        )
        new_tokens.add_arguments(parser)

    def perform(self, options: dict[str, Any]) -> Outcome:
        dry_run = options["dry_run"]
        deliver = new_tokens.destination(options)
        files = _read_all(options["files"])
        if options["only"] is not None:
            _check_only(files, options["only"])
        if deliver is None and not dry_run:
            _check_no_new_robots(new_robots(files))
        with bar("Applying", quiet=options["json"]) as step:
            done = reconcile_all(
                files,
                self.by,
                prune=options["prune"],
                dry_run=dry_run,
                deliver=deliver or _refuse,
                begin=lambda name: step(),
                check=_check_narrows if options["refuse_widening"] else _allow,
            )
        return self._told(done, dry_run, None if options["show_all"] else MOST_LINES)

    def _told(self, done: Reconciled, dry_run: bool, most: int | None) -> Outcome:
        lines = plan_lines(
            done.changes,
            done.left,
            dry_run=dry_run,
            most=most,
            paint=self._paint,
            warnings=done.warnings,
        )
        return Outcome(
            "\n".join(lines),
            {
                "dry_run": dry_run,
                **plan_facts(done.changes, done.left, done.warnings),
                "new_tokens": [name for name, _ in done.tokens],
            },
            exit_code=PENDING if dry_run and done.changes else 0,
        )

    def _paint(self, sign: str, line: str) -> str:
        """In colour where Django's commands use any: on a terminal that has some."""
        paints: dict[str, Callable[[str], str]] = {
            ADDED: self.style.SUCCESS,
            CHANGED: self.style.WARNING,
            REMOVED: self.style.ERROR,
        }
        return paints[sign](line)


def _read_all(names: Sequence[str]) -> list[AccessFile]:
    if names.count(STDIN) > 1:
        raise DomainError("FILE: stdin can be read only once")
    return [read_access_file(_source(name), _content(name)) for name in names]


def _source(name: str) -> str:
    return "stdin" if name == STDIN else name


def _content(name: str) -> bytes:
    """The bytes of a file; of one that is too long, enough to tell."""
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DomainError(f"{name}: {error.strerror}") from None


def _check_only(files: Sequence[AccessFile], allowed: Collection[str]) -> None:
    """Raise FileInvalid for a namespace that is not one of these."""
    for file in files:
        for name, said in file.namespaces.items():
            if name not in allowed:
                problem = f"{name} is not among the namespaces of --only"
                raise FileInvalid(file.source, said.line, problem)


def _allow(changes: Sequence[PlannedChange]) -> None:
    """Any changes will do."""


def _check_narrows(changes: Sequence[PlannedChange]) -> None:
    """Raise DomainError for a change that gives anybody more, or a new robot."""
    wider = [change for change in changes if change.widens or _makes_robot(change)]
    if wider:
        told = "; ".join(change_line(change).strip() for change in wider[:_NAMED])
        raise DomainError(f"--refuse-widening: {told}{_more(len(wider))}")


def _makes_robot(change: PlannedChange) -> bool:
    return change.sign == ADDED and change.noun == ROBOT


def _refuse(tokens: NewTokens) -> None:
    """Tokens of robots that were there a moment ago, and are new now."""
    _check_no_new_robots([name for name, _ in tokens])


def _check_no_new_robots(names: Sequence[str]) -> None:
    if not names:
        return
    raise DomainError(
        f"New robots get tokens: say {new_tokens.OPTIONS}."
        f" New are {', '.join(names[:_NAMED])}{_more(len(names))}"
    )


def _more(count: int) -> str:
    """How many an error does not name."""
    return f" and {count - _NAMED} more" if count > _NAMED else ""
