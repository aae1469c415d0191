"""Delete old audit events, so that the rest is still proven."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from robots.audit_chain.purging import PATIENCE, Purgeable, purge, purgeable
from robots.audit_chain.sealing import Sealer
from robots.audit_shipping.destinations import DestinationInvalid
from robots.audit_shipping.shipping import unshipped
from robots.errors import DomainError
from robots.management.command import DONE, PENDING, Deed, Outcome

MAX_DAYS = 36_500


class Command(Deed):
    help = """\
Delete audit events that are older than --older-than, whole seals at a time, from the
oldest on. The seals stay, and a new one says what was deleted, when and by whom:
verify_audit goes on to prove the rest.

Nothing is deleted unless the chain and the events that would go are sound, and unless
every destination of AUDIT_SHIP has them."""
    examples = (
        "manage.py purge_audit --older-than 400 --dry-run",
        "manage.py purge_audit --older-than 400 --export /backup/audit-2026.jsonl",
    )
    exit_codes = Deed.exit_codes | {
        PENDING: "a dry run in which at least one event would be deleted"
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--older-than",
            metavar="DAYS",
            type=int,
            required=True,
            help=f"Keep events that are not older than DAYS days, 1 to {MAX_DAYS}.",
        )
        parser.add_argument(
            "--export",
            metavar="FILE",
            type=Path,
            help="Write what is deleted to FILE before, one JSON object a line, mode"
            " 0600. It must not exist.",
        )
        parser.add_argument(
            "--not-shipped",
            action="store_true",
            help="Delete also what some destination of AUDIT_SHIP does not have.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only tell what would be deleted."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        days = options["older_than"]
        if not 1 <= days <= MAX_DAYS:
            raise DomainError(f"--older-than: from 1 to {MAX_DAYS} days.")
        before = timezone.now() - timedelta(days=days)
        sealer = Sealer()
        if options["dry_run"]:
            what = purgeable(sealer, before)
            return _outcome(what, what.events, dry_run=True)
        sealer.seal(patience=PATIENCE)
        what = purgeable(sealer, before)
        if what.seals and not options["not_shipped"]:
            _check_shipped(what)
        try:
            deleted = purge(sealer, what, self.by, before, options["export"])
        except OSError as error:
            raise DomainError(
                f"--export: {error.strerror}. Nothing is deleted."
            ) from error
        return _outcome(what, deleted, dry_run=False)


def _check_shipped(what: Purgeable) -> None:
    try:
        behind = unshipped(what.last_event)
    except DestinationInvalid as error:
        raise DomainError(f"AUDIT_SHIP: {error}.") from None
    if behind:
        raise DomainError(
            f"{', '.join(behind)}: not all of these events were shipped. Run"
            " ship_audit, or give --not-shipped. Nothing is deleted."
        )


def _outcome(what: Purgeable, events: int, *, dry_run: bool) -> Outcome:
    verb = "Would delete" if dry_run else "Deleted"
    count = f"{events} event{'' if events == 1 else 's'}"
    text = f"{verb} {count}"
    if what.seals:
        text += f", up to event {what.last_event} and seal {what.last_seal}"
    return Outcome(
        f"{text}.",
        {
            "events": events,
            "seals": what.seals,
            "last_event": what.last_event or None,
            "last_seal": what.last_seal or None,
            "dry_run": dry_run,
        },
        PENDING if dry_run and events else DONE,
    )
