"""Delete what has ended: federated tokens, and the memory of used ones."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from federation.models import UsedAssertion
from robots.management.command import Deed, Outcome
from robots.models import RobotToken, TokenOrigin

BATCH = 1_000
"""Rows of one transaction: long ones would make logins wait."""


class Command(Deed):
    help = """\
Delete what keyless logins leave behind once it has ended: federated robot tokens,
and the memory of issuers' tokens that were used. Nothing that still counts is
touched, and no static token is.

Call it once a day or once an hour; it can run beside the site, and a second time
beside itself."""
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
        count = (lambda rows: rows.count()) if dry_run else _purge
        tokens, used = count(_dead_tokens(now)), count(_dead_assertions(now))
        verb = "Would delete" if dry_run else "Deleted"
        return Outcome(
            f"{verb} {tokens} federated tokens and {used} used tokens of issuers.",
            {"federated_tokens": tokens, "used_assertions": used, "dry_run": dry_run},
        )


def _dead_tokens(now: datetime) -> QuerySet[Any]:
    """Those that have ended, or that nothing tells what earned them."""
    return RobotToken.objects.filter(
        Q(expires_at__lte=now) | Q(federated__isnull=True),
        origin=TokenOrigin.FEDERATED,
    )


def _dead_assertions(now: datetime) -> QuerySet[Any]:
    return UsedAssertion.objects.filter(expires_at__lte=now)


def _purge(rows: QuerySet[Any]) -> int:
    return sum(_batches(rows))


def _batches(rows: QuerySet[Any]) -> Iterator[int]:
    """Delete batch by batch, and tell the size of each one."""
    model: type[Model] = rows.model
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            model._default_manager.filter(pk__in=keys).delete()
        yield len(keys)
