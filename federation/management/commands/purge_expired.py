"""Delete what has ended: tokens, permissions, and the memory of used assertions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from federation.models import UsedAssertion
from robots.lifecycle.ended import (
    delete_in_batches,
    delete_permissions,
    ended_imported_secrets,
    ended_permissions,
    ended_static_tokens,
)
from robots.management.command import Deed, Outcome
from robots.models import RobotToken, TokenOrigin

_WORDS = {
    "federated_tokens": ("federated token", "federated tokens"),
    "used_assertions": ("used token of issuers", "used tokens of issuers"),
    "static_tokens": ("static token", "static tokens"),
    "imported_secrets": ("imported secret", "imported secrets"),
    "permissions": ("permission", "permissions"),
}


class Command(Deed):
    help = """\
Delete what has ended and counts for nothing any more: robot tokens, federated and
static ones; secrets that came from another registry; repository permissions; and the
memory of issuers' tokens that were used. Nothing that still counts is touched.

Permissions that go are told in the audit. Call it once a day or once an hour; it can
run beside the site, and a second time beside itself."""
    examples = (
        "manage.py purge_expired",
        "manage.py purge_expired --dry-run",
        "manage.py purge_expired --json",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="Only count what would be deleted."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        now, dry_run = timezone.now(), options["dry_run"]
        counts = {
            name: rows.count() if dry_run else delete(rows)
            for name, (rows, delete) in self._ended(now).items()
        }
        verb = "Would delete" if dry_run else "Deleted"
        *most, last = (_counted(counts[name], words) for name, words in _WORDS.items())
        return Outcome(
            f"{verb} {', '.join(most)} and {last}.", {**counts, "dry_run": dry_run}
        )

    def _ended(
        self, now: datetime
    ) -> dict[str, tuple[QuerySet[Any], Callable[[QuerySet[Any]], int]]]:
        """What goes, by the name that --json has for it, and how it goes."""
        return {
            "federated_tokens": (_dead_tokens(now), delete_in_batches),
            "used_assertions": (_dead_assertions(now), delete_in_batches),
            "static_tokens": (ended_static_tokens(now), delete_in_batches),
            "imported_secrets": (ended_imported_secrets(now), delete_in_batches),
            "permissions": (
                ended_permissions(now),
                lambda rows: delete_permissions(rows, self.by),
            ),
        }


def _counted(count: int, words: tuple[str, str]) -> str:
    return f"{count} {words[count != 1]}"


def _dead_tokens(now: datetime) -> QuerySet[Any]:
    """Those that have ended, or that nothing tells what earned them."""
    return RobotToken.objects.filter(
        Q(expires_at__lte=now) | Q(federated__isnull=True),
        origin=TokenOrigin.FEDERATED,
    )


def _dead_assertions(now: datetime) -> QuerySet[Any]:
    return UsedAssertion.objects.filter(expires_at__lte=now)
