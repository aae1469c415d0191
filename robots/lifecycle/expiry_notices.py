"""Expiry notices: noted when they are due, claimed by one sender, told or put off.

Who sends is somebody else's business. A sender that dies leaves a claim that runs out,
so that each notice is told at least once; one that was told is never claimed again.
Notices change nothing, and so are not in the audit.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from robots.expiring import expiring, usable_robots, usable_tokens
from robots.lifecycle.ended import BATCH, delete_in_batches
from robots.models import ExpiryNotice, NoticeChannel

CLAIM = timedelta(minutes=10)
"""After which a claim runs out. Telling what was claimed at a time takes less."""

FIRST_RETRY = timedelta(minutes=5)
LAST_RETRY = timedelta(hours=6)
"""How long a notice that could not be told waits: twice as long each time."""

KEPT = timedelta(days=7)
"""How long after the end its notices are remembered."""


def note_due(channel: NoticeChannel, days: Sequence[int], now: datetime) -> None:
    """Note the notice that each thing is due, unless it is noted.

    `days` are how many days ahead things are told of. A thing is due one notice, that
    of the least of `days` that are still left: one made with five days to live is due
    the notice of seven days, and none of thirty.
    """
    for field, ahead, rows in _missing(channel, days, now):
        _note(field, rows, ExpiryNotice(days=ahead, channel=channel), now)


def count_unnoted(channel: NoticeChannel, days: Sequence[int], now: datetime) -> int:
    """How many notices `note_due` would note: nobody has since they were due."""
    return sum(rows.count() for _, _, rows in _missing(channel, days, now))


def due_notices(
    channel: NoticeChannel, days: Sequence[int], now: datetime
) -> QuerySet[ExpiryNotice]:
    """Those to be told now: pending, and nobody's."""
    pending = pending_notices(channel, days, now)
    return pending.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")


def pending_notices(
    channel: NoticeChannel, days: Sequence[int], now: datetime
) -> QuerySet[ExpiryNotice]:
    """Those that were noted, not told, and are still true.

    What was given another end meanwhile, disabled, replaced or deleted is not told. A
    notice of which a nearer one is due as well gives way to that.
    """
    robots = Q(usable_robots("robot__"), ends_at=F("robot__expires_at"))
    tokens = Q(usable_tokens("token__"), ends_at=F("token__expires_at"))
    is_nearest = Q(pk__in=())
    for ahead, nearer in _windows(days):
        is_nearest |= Q(days=ahead, ends_at__gt=now + nearer)
    return ExpiryNotice.objects.filter(
        robots | tokens,
        is_nearest,
        channel=channel,
        delivered_at__isnull=True,
    )


def claim(
    due: QuerySet[ExpiryNotice], limit: int, now: datetime
) -> Sequence[ExpiryNotice]:
    """The first of `due` that nobody else claims, now this sender's; soonest end first.

    The claim counts as an attempt, and lasts for CLAIM.
    """
    mine = uuid4()
    with transaction.atomic():
        free = due.select_for_update(of=("self",), skip_locked=True)
        keys = list(free.values_list("pk", flat=True)[:limit])
        # Where the database has no locks of rows, this decides who was first.
        ExpiryNotice.objects.filter(
            pk__in=keys, delivered_at__isnull=True, next_attempt_at__lte=now
        ).update(claim=mine, attempts=F("attempts") + 1, next_attempt_at=now + CLAIM)
    claimed = ExpiryNotice.objects.filter(claim=mine).select_related(
        "robot__namespace__owner", "token__robot__namespace__owner"
    )
    return list(claimed.order_by("ends_at", "pk"))


def settle(claimed: Sequence[ExpiryNotice], now: datetime) -> None:
    """They were told: never again. So they are if the claim ran out meanwhile."""
    _of(claimed).filter(delivered_at__isnull=True).update(delivered_at=now)


def put_off(claimed: Sequence[ExpiryNotice], now: datetime) -> None:
    """They could not be told, and are tried again later unless somebody else does."""
    by_attempts = attrgetter("attempts")
    for attempts, rows in groupby(sorted(claimed, key=by_attempts), key=by_attempts):
        same = list(rows)
        pending = _of(same).filter(claim=same[0].claim, delivered_at__isnull=True)
        pending.update(next_attempt_at=now + _wait(attempts))


def forget_ended(now: datetime) -> int:
    """Delete notices of ends that are long past; tells how many."""
    return delete_in_batches(ExpiryNotice.objects.filter(ends_at__lte=now - KEPT))


def _missing(
    channel: NoticeChannel, days: Sequence[int], now: datetime
) -> Iterator[tuple[str, int, QuerySet[Any]]]:
    """What is due a notice that is not noted: its field, how many days, which rows."""
    for ahead, nearer in _windows(days):
        found = expiring(now, timedelta(days=ahead))
        for field, rows in (("robot", found.robots), ("token", found.tokens)):
            noted = ExpiryNotice.objects.filter(
                **{field: OuterRef("pk")},
                ends_at=OuterRef("expires_at"),
                days=ahead,
                channel=channel,
            )
            yield field, ahead, rows.filter(~Exists(noted), expires_at__gt=now + nearer)


def _windows(days: Sequence[int]) -> Iterator[tuple[int, timedelta]]:
    """Each number of days, and the time at which the next smaller one takes over."""
    nearer = timedelta()
    for ahead in sorted(set(days)):
        yield ahead, nearer
        nearer = timedelta(days=ahead)


def _note(
    field: str, missing: QuerySet[Any], like: ExpiryNotice, now: datetime
) -> None:
    """In batches of transactions; what another server noted first is left to it."""
    last = 0
    rows = missing.order_by("pk").values_list("pk", "expires_at")
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        ExpiryNotice.objects.bulk_create(
            (
                ExpiryNotice(
                    **{f"{field}_id": key},
                    ends_at=end,
                    days=like.days,
                    channel=like.channel,
                    created_at=now,
                    next_attempt_at=now,
                )
                for key, end in batch
            ),
            ignore_conflicts=True,
        )
        last = batch[-1][0]


def _wait(attempts: int) -> timedelta:
    """After so many attempts."""
    doublings: int = min(attempts - 1, 10)
    return min(FIRST_RETRY * (1 << doublings), LAST_RETRY)


def _of(notices: Sequence[ExpiryNotice]) -> QuerySet[ExpiryNotice]:
    return ExpiryNotice.objects.filter(pk__in=[notice.pk for notice in notices])
