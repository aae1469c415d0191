"""Disable robots that nobody has used for long."""

from typing import Any

from django.core.management.base import CommandParser

from robots.idle import check_uses_are_written
from robots.lifecycle.idle_robots import (
    MAX_DAYS,
    Idle,
    IdleRobots,
    disable_idle_robots,
)
from robots.lifecycle.robot_choice import RobotChoice
from robots.lookup import namespace_named
from robots.management.command import DONE, PENDING, Deed, Outcome


class Command(Deed):
    help = """\
Disable the robots that could have logged in for --days days, and neither did nor used
a repository. All of them are disabled, or none; an administrator can enable each one
again, and it then counts from there.

Kept, and told, are robots that mirror a repository, that ROBOTS_WHITELIST names, and
that cannot log in because ROBOTS_DISALLOW or an emergency switch stops them."""
    examples = (
        "manage.py disable_idle_robots --days 90 --dry-run",
        "manage.py disable_idle_robots --days 90",
        "manage.py disable_idle_robots --days 30 --namespace acme"
        " --except 'acme+release-*' acme+backup",
    )
    exit_codes = Deed.exit_codes | {
        PENDING: "a dry run in which at least one robot would be disabled"
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--days",
            metavar="N",
            type=int,
            required=True,
            help=f"Days without a use, 1 to {MAX_DAYS}.",
        )
        parser.add_argument(
            "--namespace",
            metavar="NAMESPACE",
            help="Only robots of this namespace. Default: of every namespace.",
        )
        parser.add_argument(
            "--robot",
            metavar="GLOB",
            nargs="+",
            action="extend",
            default=[],
            help="Only robots whose full name matches one of these; * stands for any"
            " characters, ? for one. Default: every robot.",
        )
        parser.add_argument(
            "--except",
            metavar="GLOB",
            nargs="+",
            action="extend",
            default=[],
            help="No robot whose full name matches one of these.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only tell which robots would be disabled.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        check_uses_are_written()
        name, dry_run = options["namespace"], options["dry_run"]
        namespace = None if name is None else namespace_named(name)
        choice = RobotChoice(namespace, options["robot"], options["except"])
        found = disable_idle_robots(choice, options["days"], self.by, dry_run=dry_run)
        pending = dry_run and found.disabled
        return Outcome(
            "\n".join(_lines(found, options["days"], dry_run)),
            {
                "disabled": [_facts(one) for one in found.disabled],
                "kept": [{**_facts(one), "reason": one.reason} for one in found.kept],
                "days": options["days"],
                "dry_run": dry_run,
            },
            PENDING if pending else DONE,
        )


def _lines(found: IdleRobots, days: int, dry_run: bool) -> list[str]:
    verb = "Would disable" if dry_run else "Disabled"
    lines = [f"{verb} {_count(found.disabled)} not used for {days} days."]
    lines += [f"  {one.robot.full_name}: {_seen(one)}" for one in found.disabled]
    if found.kept:
        lines.append(f"Kept {_count(found.kept)} as idle:")
        lines += [
            f"  {one.robot.full_name}: {_seen(one)}; {one.reason}" for one in found.kept
        ]
    return lines


def _count(robots: Any) -> str:
    return f"{len(robots)} robot{'' if len(robots) == 1 else 's'}"


def _seen(one: Idle) -> str:
    if one.last_used_at is not None:
        return f"last used {one.last_used_at:%Y-%m-%d}"
    return f"never used, created {one.robot.created_at:%Y-%m-%d}"


def _facts(one: Idle) -> dict[str, Any]:
    used = one.last_used_at
    return {
        "robot": one.robot.full_name,
        "last_used_at": used.isoformat() if used else None,
        "created_at": one.robot.created_at.isoformat(),
    }
