"""Bring the robots of Harbor's projects here, with their secrets as they are."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.utils import timezone

from robots import conf
from robots.accessfile.shown import plan_facts, plan_lines
from robots.errors import DomainError
from robots.harbor.api import read_api
from robots.harbor.bringing import KEPT, NEW, Brought, bring
from robots.harbor.names import USUAL_PREFIX
from robots.harbor.planning import Terms
from robots.harbor.records import HarborRobot
from robots.harbor.sources import VARIABLE, harbor, only_of, read_export
from robots.importing.leftovers import Leftovers
from robots.management import importing, new_tokens
from robots.management.command import DONE, Deed, Outcome
from robots.management.moments import end_named
from robots.roles import Role

LEFT_OUT = 3

SECRETS_LAST = timedelta(days=90)
"""How long a kept secret waits for its first login, if nothing else is said."""


class Command(Deed):
    help = f"""\
Bring the robots of Harbor's projects here: robot$acme+ci of the project acme becomes
acme+ci of the organization acme. It gets the same right on every repository that is
here, and on those that come: pull becomes read, push write, delete admin.

From an export of Harbor's database (--export) the robots keep their secrets: Harbor
has a hash of each, with which the first login is checked. Its API (--url) gives no
secret: robots get new tokens with --tokens-file or --tokens-command, else none. The
password for the API comes from --password-file, or from {VARIABLE} in the
environment.

A robot that is here already is left as it is. Left out are those that cannot be here:
of the whole Harbor, of several projects, expired, or with a name that our rules
refuse; and those that were deleted here, unless --restore is given. The report names
each of them. All is one transaction."""
    examples = (
        "manage.py import_harbor --export harbor.csv --dry-run",
        "manage.py import_harbor --export registry.sql --create-organizations",
        "manage.py import_harbor --url https://harbor.example.com --user admin"
        " --password-file harbor.password --tokens-file tokens.json",
    )
    exit_codes: ClassVar[dict[int, str]] = {
        **Deed.exit_codes,
        LEFT_OUT: "done, and the report names what could not be brought",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        _add_sources(parser)
        parser.add_argument(
            "--project",
            metavar="NAME",
            action="append",
            default=[],
            help="Only this one; it can be given more than once. Default: all.",
        )
        parser.add_argument(
            "--create-organizations",
            action="store_true",
            help="Create the organizations that are not here yet.",
        )
        parser.add_argument(
            "--max-role",
            choices=Role.labels,
            default=Role.ADMIN.label,
            help="Give no robot more than this. Default: admin.",
        )
        parser.add_argument(
            "--prefix",
            default=conf.harbor_robot_prefix() or USUAL_PREFIX,
            help="What is before the names of robots there. Default: %(default)s",
        )
        parser.add_argument(
            "--secrets-until",
            metavar="WHEN",
            help="A kept secret that has not logged in by then never does: a date-time"
            " with a zone, or a date, which means midnight UTC at its beginning. What"
            f" has, lasts. Default: {SECRETS_LAST.days} days from now.",
        )
        importing.add_arguments(parser)

    def perform(self, options: dict[str, Any]) -> Outcome:
        deliver = new_tokens.destination(options)
        leftovers = Leftovers()
        found = _found(options, leftovers)
        terms = Terms(
            options["prefix"],
            Role.from_name(options["max_role"]),
            options["create_organizations"],
            options["restore"],
            _secrets_until(options["secrets_until"]),
        )
        brought = bring(
            found,
            terms,
            self.by,
            leftovers=leftovers,
            deliver=deliver,
            dry_run=options["dry_run"],
        )
        return _outcome(brought, options["dry_run"])


def _add_sources(parser: CommandParser) -> None:
    sources = parser.add_mutually_exclusive_group(required=True)
    sources.add_argument(
        "--export",
        metavar="FILE",
        help="A file of Harbor's database: FILE.csv as docs/importing-from-harbor.md"
        " has it, else what pg_dump --data-only writes.",
    )
    sources.add_argument("--url", help="https://HOST of a running Harbor.")
    parser.add_argument("--user", help="Who asks the API; with --url.")
    parser.add_argument(
        "--password-file", metavar="FILE", help="A file with that user's password."
    )
    parser.add_argument(
        "--ca-file",
        metavar="FILE",
        help="Certificates (PEM) to trust in place of the system's.",
    )


def _found(options: dict[str, Any], leftovers: Leftovers) -> Iterable[HarborRobot]:
    if options["export"] is not None:
        return only_of(read_export(options["export"]), options["project"])
    if not options["user"]:
        raise DomainError("--user: name who asks the API of Harbor")
    remote = harbor(
        options["url"], options["user"], options["password_file"], options["ca_file"]
    )
    return read_api(remote, options["project"], leftovers)


def _secrets_until(text: str | None) -> datetime:
    if text is None:
        return timezone.now() + SECRETS_LAST
    return end_named(text, "--secrets-until")


def _outcome(brought: Brought, dry_run: bool) -> Outcome:
    plan = {"plan": plan_facts(brought.changes, 0)} if dry_run else {}
    return Outcome(
        "\n".join(_lines(brought, dry_run)),
        {
            "dry_run": dry_run,
            "organizations": list(brought.organizations),
            "robots": [robot.facts() for robot in brought.robots],
            "permissions": brought.permissions,
            "waiting": brought.waiting,
            "left_out": [left.facts() for left in brought.left_out],
            **plan,
        },
        LEFT_OUT if brought.left_out else DONE,
    )


def _lines(brought: Brought, dry_run: bool) -> list[str]:
    lines = list(plan_lines(brought.changes, 0, dry_run=True)) if dry_run else []
    lines += [f"organization {name}: new" for name in brought.organizations]
    for one in brought.robots:
        role = one.robot.role.label if one.robot.role else "no role"
        state = ", disabled" if one.robot.found.disabled else ""
        lines.append(f"robot {one.robot.name}: {role}, secret {one.secret}{state}")
    lines.append(_total(brought, dry_run))
    if brought.waiting:
        verb = "would wait" if dry_run else "wait"
        lines.append(f"Of all robots here {brought.waiting} {verb} for a first login.")
    if brought.left_out:
        lines += ["", "Left out:"]
        lines += [f"  {left.words()}" for left in brought.left_out]
    return lines


def _total(brought: Brought, dry_run: bool) -> str:
    secrets: Sequence[str] = [one.secret for one in brought.robots]
    verb = "Would bring" if dry_run else "Brought"
    return (
        f"{verb} {len(secrets)} robots with {brought.permissions} permissions:"
        f" {secrets.count(KEPT)} keep their secret, {secrets.count(NEW)} get a new one."
    )
