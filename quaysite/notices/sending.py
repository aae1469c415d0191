"""Sending the notices that are due: note, claim, tell, settle.

Nothing is locked while somebody is told. Any number of servers may do this at once.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from quaysite.notices import conf
from quaysite.notices.channels import Channel, NobodyToTell, TellFailed
from quaysite.notices.mail import Mail
from quaysite.notices.webhook import Webhook
from robots.conf import expiry_notice_days
from robots.lifecycle.expiry_notices import (
    claim,
    due_notices,
    forget_ended,
    note_due,
    put_off,
    settle,
)
from robots.models import ExpiryNotice

logger = logging.getLogger(__name__)

PATIENCE = 3
"""Failures in a row after which a channel is left alone until the next run."""

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Tally:
    """What one channel did with notices, in `messages` that were accepted."""

    told: int = 0
    messages: int = 0
    failed: int = 0
    reasons: list[str] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)
    down: int = 0

    @property
    def is_down(self) -> bool:
        return self.down >= PATIENCE


def channels() -> list[Channel]:
    """Those that are configured."""
    found: list[Channel] = []
    if conf.sends_email():
        found.append(Mail())
    if conf.webhook_url():
        found.append(Webhook())
    return found


def send_notices(channels: Sequence[Channel], clock: Clock) -> dict[str, Tally]:
    """Tell what is due over each channel; what fails is tried by a later run."""
    forget_ended(clock())
    return {str(channel.name): _send(channel, clock) for channel in channels}


def count_due(channels: Sequence[Channel], now: datetime) -> dict[str, int]:
    """How many notices each channel would tell. Nothing is stored."""
    days = expiry_notice_days()
    with transaction.atomic():
        for channel in channels:
            note_due(channel.name, days, now)
        counts = {
            str(channel.name): due_notices(channel.name, days, now).count()
            for channel in channels
        }
        transaction.set_rollback(True)
    return counts


def _send(channel: Channel, clock: Clock) -> Tally:
    days, tally = expiry_notice_days(), Tally()
    note_due(channel.name, days, clock())
    for portion in channel.portions(due_notices(channel.name, days, clock())):
        while not tally.is_down:
            now = clock()
            due = due_notices(channel.name, days, now).filter(portion)
            claimed = claim(due, channel.at_once, now)
            if not claimed:
                break
            _tell(channel, claimed, clock, tally)
    return tally


def _tell(
    channel: Channel, claimed: Sequence[ExpiryNotice], clock: Clock, tally: Tally
) -> None:
    namespace = claimed[0].of.namespace.name
    try:
        channel.tell(claimed, clock())
    except TellFailed as failure:
        put_off(claimed, clock())
        _note_failure(tally, failure, len(claimed), namespace)
        told = f"could not be told: {failure.reason}"
        logger.warning(
            "%s: %d notices of %s %s", channel.name, len(claimed), namespace, told
        )
    else:
        settle(claimed, clock())
        tally.told += len(claimed)
        tally.messages += 1
        tally.down = 0
        logger.info("%s: told %d notices of %s", channel.name, len(claimed), namespace)


def _note_failure(
    tally: Tally, failure: TellFailed, count: int, namespace: str
) -> None:
    if isinstance(failure, NobodyToTell):
        tally.nobody.append(namespace)
        return
    tally.failed += count
    if failure.reason not in tally.reasons:
        tally.reasons.append(failure.reason)
    tally.down = tally.down + 1 if failure.is_down else 0
