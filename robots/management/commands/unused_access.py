"""Tell what nobody used, and write a plan that takes it away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from robots.accessfile.documents import AccessFile
from robots.accessfile.trimming import check_known, trimmed
from robots.accessfile.writing import yaml_of
from robots.errors import DomainError
from robots.idle import check_uses_are_written
from robots.lookup import namespace_named
from robots.management.command import Deed, Outcome
from robots.management.secret_files import new_file
from robots.models import Namespace
from robots.moments import moment_text
from robots.plain_plans import plain_plans
from robots.unused import DEFAULT_DAYS, Period, known_since
from robots.unused_rows import (
    EmptyTeam,
    IdleRobot,
    UnusedPermission,
    permission_rows,
    robot_rows,
    team_rows,
)

_NEVER = "never"


class Command(Deed):
    help = """\
Tell what nobody used for some days: permissions that were not used, or that allow
more than was used; robots that did not log in; teams without members, or that give
nothing. What is younger than that is not told. Nothing is changed.

A use is a registry token that was issued for an action, or an action that a registry
told of. With --trim, a file for apply_access is written that takes away what was not
used: read it, change it, then apply it."""
    examples = (
        "manage.py unused_access",
        "manage.py unused_access --days 30 --namespace acme --namespace tools",
        "manage.py unused_access --namespace acme --trim trim.yaml",
        "manage.py apply_access trim.yaml --prune --refuse-widening --dry-run",
        "manage.py unused_access --json",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--days",
            type=int,
            default=DEFAULT_DAYS,
            metavar="N",
            help=f"How long it was not used. Default: {DEFAULT_DAYS}.",
        )
        parser.add_argument(
            "--namespace",
            action="append",
            default=[],
            metavar="NAMESPACE",
            help="Only this one; may be given several times. Default: all.",
        )
        parser.add_argument(
            "--trim",
            metavar="FILE",
            help="Write a plan to this new file, which only you can read. Refused while"
            " uses are known for less than --days.",
        )
        parser.add_argument(
            "--accept-short-history",
            action="store_true",
            help="Write the plan although uses are known for less than --days.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        period, since = Period.of(options["days"]), known_since()
        namespaces = _namespaces(options["namespace"])
        if options["trim"] is not None:
            _check_trim(options, period, since)
        with plain_plans():
            permissions = list(permission_rows(namespaces, period))
            robots = list(robot_rows(namespaces, period))
            teams = list(team_rows(namespaces, period))
        if options["trim"] is not None:
            _write(options["trim"], trimmed(permissions, robots), period)
        lines = [
            *_summary(permissions, robots, teams, period, since),
            *_lines(permissions, robots, teams),
            *_next_step(options["trim"]),
        ]
        facts = {
            "days": period.days,
            "begin": moment_text(period.begin),
            "known_since": moment_text(since),
            "permissions": [row.facts() for row in permissions],
            "robots": [row.facts() for row in robots],
            "teams": [row.facts() for row in teams],
            "trim": options["trim"],
        }
        return Outcome("\n".join(lines), facts)


def _check_trim(
    options: Mapping[str, Any], period: Period, since: datetime | None
) -> None:
    if not options["trim"]:
        raise DomainError("--trim: name the file")
    check_uses_are_written()
    if not options["accept_short_history"]:
        check_known(period, since)


def _namespaces(names: Sequence[str]) -> QuerySet[Namespace]:
    if not names:
        return Namespace.objects.all()
    keys = [namespace_named(name).pk for name in names]
    return Namespace.objects.filter(pk__in=keys)


def _write(name: str, plan: AccessFile, period: Period) -> None:
    """A new file of mode 0600: it tells who may do what, and nothing is overwritten."""
    try:
        with new_file(Path(name)) as file:
            file.write(_preface(period))
            file.writelines(yaml_of(plan))
    except OSError as error:
        raise DomainError(f"--trim: {name}: {error.strerror}") from None


def _preface(period: Period) -> str:
    return (
        f"# What nobody used in the {period.days} days until"
        f" {period.now:%Y-%m-%d %H:%M} UTC. Nothing is changed yet.\n"
        "# Take out what must stay; apply_access --prune --refuse-widening takes away"
        " the rest.\n"
    )


def _summary(
    permissions: Sequence[UnusedPermission],
    robots: Sequence[IdleRobot],
    teams: Sequence[EmptyTeam],
    period: Period,
    since: datetime | None,
) -> Iterator[str]:
    wider = sum(row.used is not None for row in permissions)
    yield (
        f"In the last {period.days} days: permissions not used"
        f" {len(permissions) - wider}, wider than their use {wider}, robots idle"
        f" {len(robots)}, teams without members or rights {len(teams)}."
    )
    if since is None:
        yield "No use is known yet: everything counts as unused."
    elif not period.is_known(since):
        yield (
            f"Uses are known since {since:%Y-%m-%d %H:%M} UTC only:"
            " what was used before that counts as unused."
        )


def _lines(
    permissions: Iterable[UnusedPermission],
    robots: Iterable[IdleRobot],
    teams: Iterable[EmptyTeam],
) -> Iterator[str]:
    yield from _table(
        ("REPOSITORY", "WHO", "MAY", "USED", "LAST USE", ""),
        [_permission_cells(row) for row in permissions],
    )
    yield from _table(
        ("ROBOT", "LAST USE", ""),
        [
            (row.full_name, _day(row.last_use), _kept(row.why_kept, "not disabled"))
            for row in robots
        ],
    )
    yield from _table(
        ("TEAM", ""), [(f"{row.namespace}/{row.name}", _lacks(row)) for row in teams]
    )


def _permission_cells(row: UnusedPermission) -> tuple[str, ...]:
    notes = "public: pulls need no permission" if row.is_public else ""
    return (
        f"{row.namespace}/{row.repository}",
        row.grantee,
        row.role.label,
        row.used.label if row.used else "nothing",
        _day(row.last_use),
        "; ".join(filter(None, (_kept(row.why_kept, "not trimmed"), notes))),
    )


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as their widest cell, below an empty line; nothing if empty."""
    if not rows:
        return
    yield ""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for cells in (titles, *rows):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _lacks(row: EmptyTeam) -> str:
    lacking = (
        "no members" if row.is_empty else "",
        "no permissions" if row.gives_nothing else "",
    )
    return ", ".join(filter(None, lacking))


def _kept(why: str | None, what: str) -> str:
    return f"{what}: {why}" if why else ""


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else _NEVER


def _next_step(name: str | None) -> Iterator[str]:
    if name:
        yield ""
        yield (
            f"{name} takes it away, but not what is marked: read it, then"
            f" manage.py apply_access {name} --prune --refuse-widening --dry-run"
        )
