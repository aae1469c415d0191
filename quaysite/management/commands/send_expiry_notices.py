"""Tell who administers robots and tokens that these end soon."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from quaysite.notices.sending import Tally, channels, count_due, send_notices
from robots.management.command import DONE, PENDING, Deed, Outcome

UNTOLD = 4

_NO_CHANNEL = "No way to tell is configured: set EMAIL_URL or EXPIRY_WEBHOOK_URL."


class Command(Deed):
    help = """\
Tell by e-mail and by webhook which robot accounts and tokens end soon: each once, 30,
7 and 1 days ahead (EXPIRY_NOTICE_DAYS). One that is due several gets the last of them.

There is one e-mail for each namespace, to those who administer it, and one post for
each notice. What cannot be told is tried again by a later run. Call it once an hour;
any number of servers may do so at once."""
    examples = (
        "manage.py send_expiry_notices",
        "manage.py send_expiry_notices --dry-run",
        "manage.py send_expiry_notices --json",
    )
    exit_codes = Deed.exit_codes | {
        PENDING: "a dry run in which at least one notice would be told",
        UNTOLD: "at least one notice could not be told; a later run tries again",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="Only count what would be told."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        return send(options["dry_run"])


def send(dry_run: bool) -> Outcome:
    """Over every channel that is configured."""
    ways = channels()
    facts: dict[str, Any] = {"dry_run": dry_run, "channels": {}}
    if not ways:
        return Outcome(_NO_CHANNEL, facts)
    if dry_run:
        counts = count_due(ways, timezone.now())
        facts["channels"] = {name: {"due": count} for name, count in counts.items()}
        lines = [f"{name}: would tell {_some(count)}" for name, count in counts.items()]
        code = PENDING if any(counts.values()) else DONE
        return Outcome("\n".join(lines), facts, code)
    tallies = send_notices(ways, timezone.now)
    facts["channels"] = {name: _facts(tally) for name, tally in tallies.items()}
    failed = any(tally.failed for tally in tallies.values())
    return Outcome("\n".join(_lines(tallies)), facts, UNTOLD if failed else DONE)


def _lines(tallies: Mapping[str, Tally]) -> list[str]:
    lines = []
    for name, tally in tallies.items():
        messages = f"{tally.messages} message{'' if tally.messages == 1 else 's'}"
        lines.append(f"{name}: told {_some(tally.told)} in {messages}")
        if tally.failed:
            reasons = "; ".join(tally.reasons)
            lines.append(f"  could not tell {_some(tally.failed)}: {reasons}")
        if tally.nobody:
            lines.append(f"  nobody has an address in {', '.join(tally.nobody)}")
    return lines


def _some(count: int) -> str:
    return f"{count} notice{'' if count == 1 else 's'}"


def _facts(tally: Tally) -> dict[str, Any]:
    return {name: value for name, value in asdict(tally).items() if name != "down"}
