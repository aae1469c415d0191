"""Seal the audit events that no seal covers yet."""

from typing import Any

from django.core.management.base import CommandParser

from robots.audit_chain.sealing import Sealer
from robots.management.command import Deed, Outcome

PATIENCE = 30.0
"""Seconds to wait for transactions that are writing events."""


class Command(Deed):
    help = """\
Seal every audit event that is committed and has no seal yet. Servers do so by
themselves, every USAGE_FLUSH_SECONDS: call this after an upgrade of a site with many
events, before a backup, or where USAGE_FLUSH_SECONDS is 0."""
    examples = (
        "manage.py seal_audit",
        "manage.py seal_audit && manage.py verify_audit",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--accept-head",
            metavar="NUMBER:HASH",
            help="Extend this last seal although its key is not in ROBOTS_SECRET_KEYS"
            " any more. Only after you compared it with a head that was noted"
            " elsewhere: it is trusted from now on.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        sealer = Sealer()
        accepted = options["accept_head"]
        events = sealer.seal(patience=PATIENCE, accepted=accepted)
        last = sealer.last(accepted)
        head = str(last) if last else ""
        waiting = sealer.watermark.is_waiting
        text = f"Sealed {events} event{'' if events == 1 else 's'}. Head: {head or '-'}"
        if waiting:
            text += "\nLeft out what came while a transaction was still writing events."
        return Outcome(text, {"sealed": events, "head": head, "is_waiting": waiting})
