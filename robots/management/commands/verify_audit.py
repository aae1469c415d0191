"""Tell whether the audit log is what was written."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db import router

from robots import conf
from robots.audit_chain.findings import Head, Report
from robots.audit_chain.triggers import MISSING
from robots.audit_chain.verifying import Verifier
from robots.errors import DomainError
from robots.management.command import DONE, Deed, Outcome
from robots.models import AuditSeal

UNSOUND = 3

SEALED_WITHIN = timedelta(hours=1)
"""Servers seal every minute. A large bulk change, whose events are as old as its
transaction when they are seen, or an outage that was just overcome, is no finding."""

ROUNDS = 3
"""Of USAGE_FLUSH_SECONDS, where that is longer."""

SEALED_BY_A_TIMER_WITHIN = timedelta(hours=25)
"""Where USAGE_FLUSH_SECONDS is 0: `seal_audit` may be called once a day."""

MOST_MINUTES = 10 * 366 * 24 * 60
_HEX = set("0123456789abcdef")


class Command(Deed):
    help = """\
Check every audit event against its seal, and every seal against the one before it.
Changes nothing, and may run while the site does.

Events that no seal covers yet are counted, not checked; it is a finding if they have
waited for too long. That the end of the chain was cut off shows only against a head
that was noted elsewhere: note what this prints, and give it to --expect next time."""
    examples = (
        "manage.py verify_audit",
        "manage.py verify_audit --sealed-within 0    # a copy that was restored",
        "manage.py verify_audit --expect 17:3f0c...",
        "manage.py verify_audit --from 1200 --json",
    )
    exit_codes = Deed.exit_codes | {
        UNSOUND: "something was changed, or is missing, or is not proven or sealed"
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--from",
            metavar="NUMBER",
            type=int,
            default=1,
            help="Begin with this seal, and take the one before it as it is."
            " Default: 1.",
        )
        parser.add_argument(
            "--expect",
            metavar="NUMBER:HASH",
            help="A head that was printed or shipped before. It must be in the chain.",
        )
        parser.add_argument(
            "--sealed-within",
            metavar="MINUTES",
            type=int,
            help="How long an event may wait for its seal; 0: for ever. Default: 60, or"
            f" {ROUNDS} times USAGE_FLUSH_SECONDS where that is longer; 25 hours where"
            " that is 0.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        start = options["from"]
        if start < 1:
            raise DomainError("--from: seals are numbered from 1.")
        report = Verifier(
            router.db_for_write(AuditSeal),
            start=start,
            expected=None if options["expect"] is None else _head(options["expect"]),
            sealed_within=_sealed_within(options["sealed_within"]),
        ).run()
        return Outcome(
            "\n".join(_lines(report)),
            _facts(report),
            DONE if report.is_sound else UNSOUND,
        )


def _sealed_within(minutes: int | None) -> timedelta | None:
    """None for ever. Raises DomainError."""
    if minutes is None:
        rounds = timedelta(seconds=conf.usage_flush_seconds()) * ROUNDS
        return max(SEALED_WITHIN, rounds) if rounds else SEALED_BY_A_TIMER_WITHIN
    if not 0 <= minutes <= MOST_MINUTES:
        raise DomainError(f"--sealed-within: from 0 to {MOST_MINUTES} minutes.")
    return timedelta(minutes=minutes) if minutes else None


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    is_hash = len(digest) == 64 and set(digest) <= _HEX
    if not (number.isascii() and number.isdecimal() and int(number) and is_hash):
        raise DomainError("--expect: write it as NUMBER:HASH, as verify_audit does.")
    return Head(int(number), digest)


def _lines(report: Report) -> list[str]:
    lines = [str(problem) for problem in report.problems]
    if len(lines) < report.problem_count:
        lines.append(f"and {report.problem_count - len(lines)} more problems")
    lines += [str(trigger) for trigger in report.triggers]
    if report.is_late:
        lines.append("events wait for a seal longer than they may: see below")
    checked = f"{_count(report.events, 'event')} in {_count(report.seals, 'seal')}"
    lines.append(
        f"Sound: {checked}." if report.is_sound else f"NOT SOUND: looked at {checked}."
    )
    lines += [
        f"Purged up to event {purge.purged_event} at {purge.at:%Y-%m-%d %H:%M} UTC by"
        f" {purge.by or '(unknown)'}, says seal {purge.seal}."
        for purge in report.purges
    ]
    if report.left_to_purge:
        left = _count(report.left_to_purge, "event")
        lines.append(f"A purge was not finished: {left} left. Run purge_audit again.")
    if report.retired_keys:
        lines.append(
            "Made with keys that are not configured any more, and vouched for by later"
            f" seals: {', '.join(report.retired_keys)}."
        )
    if report.oldest_unsealed is not None:
        since = f"{report.oldest_unsealed:%Y-%m-%d %H:%M:%S} UTC"
        unsealed = _count(report.unsealed, "event")
        lines.append(f"Not sealed yet: {unsealed} since {since}.")
    lines.append(f"Head: {report.head or '-'}")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _facts(report: Report) -> dict[str, Any]:
    oldest = report.oldest_unsealed
    return {
        "sound": report.is_sound,
        "seals": report.seals,
        "events": report.events,
        "problems": [
            {"what": one.what, "number": one.number, "trouble": one.trouble}
            for one in report.problems
        ],
        "problem_count": report.problem_count,
        "missing_triggers": [
            one.name for one in report.triggers if one.trouble == MISSING
        ],
        "triggers": [one._asdict() for one in report.triggers],
        "purged_seals": report.purged_seals,
        "purged_events": report.purged_events,
        "left_to_purge": report.left_to_purge,
        "purges": [
            {**purge._asdict(), "at": purge.at.isoformat()} for purge in report.purges
        ],
        "retired_keys": report.retired_keys,
        "unsealed": report.unsealed,
        "oldest_unsealed": oldest.isoformat() if oldest else None,
        "sealed_late": report.is_late,
        "head": report.head,
    }
