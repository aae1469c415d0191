"""What the database says of the site: counted seldom, within a time, for all scrapes.

A scrape asks one worker, and each remembers what it found for a minute. Where the
database is away, or takes too long, nothing is said of it: no number, and not 0.
"""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from quaysite.notices.sending import channels
from robots import audit_backlog, conf
from robots.audit_backlog import Backlog
from robots.expiring import expiring
from robots.lifecycle.expiry_notices import count_unnoted, pending_notices
from robots.models import AppToken, NoticeChannel, Robot
from robots.outage import OUTAGES
from robots.switches import switches_on

logger = logging.getLogger(__name__)

MEMORY_SECONDS = 60
TIMEOUT_MS = 2000
"""Of each statement, on PostgreSQL."""

WITHIN = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}

LONGEST = max(WITHIN.values())

TARGETS = ("site", "namespace", "robot", "issuer")
"""What an emergency switch can be of: the columns of which each row has one."""


class Gauge(NamedTuple):
    """A number of things, by the values of its metric's labels."""

    name: str
    labels: tuple[str, ...]
    number: float


class Inventory:
    """What was found last; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Look anew at the next question."""
        self._found: list[Gauge] | None = None
        self._until = 0.0

    def gauges(self) -> list[Gauge] | None:
        """What was found, less than a minute ago; None where it cannot be said."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = _look()
                self._until = time.monotonic() + MEMORY_SECONDS
            return self._found


def _look() -> list[Gauge] | None:
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = %s", [TIMEOUT_MS])
            return list(_gauges(timezone.now()))
    except OUTAGES as error:
        logger.warning("no numbers of the database: %s", type(error).__name__)
        return None


def _gauges(now: datetime) -> Iterator[Gauge]:
    yield from _robots()
    soon = expiring(now, LONGEST)
    of_people = AppToken.objects.filter(expires_at__gt=now)
    yield from _expiring("robot", soon.robots, now)
    yield from _expiring("robot_token", soon.tokens, now)
    yield from _expiring("app_token", of_people, now)
    on = switches_on(now).aggregate(**{target: Count(target) for target in TARGETS})
    for target in TARGETS:
        yield Gauge("emergency_switches_on", (target,), on[target])
    yield from _audit(now)
    for channel in channels():
        yield from _notices(channel.name, now)
    if connection.vendor == "postgresql":
        yield Gauge("database_connections", (), _connections())


def _robots() -> Iterator[Gauge]:
    counted = Robot.objects.order_by().values_list("enabled").annotate(Count("id"))
    numbers = dict(counted)
    yield Gauge("robots", ("enabled",), numbers.get(True, 0))
    yield Gauge("robots", ("disabled",), numbers.get(False, 0))


def _expiring(kind: str, rows: QuerySet[Any], now: datetime) -> Iterator[Gauge]:
    """How many of what is live end within each time; one statement."""
    soon = rows.filter(expires_at__lte=now + LONGEST).order_by()
    counted = soon.aggregate(
        **{
            f"within_{name}": Count("pk", filter=Q(expires_at__lte=now + span))
            for name, span in WITHIN.items()
        }
    )
    for name in WITHIN:
        yield Gauge("secrets_expiring", (kind, name), counted[f"within_{name}"])


def _audit(now: datetime) -> Iterator[Gauge]:
    """Destinations are called by their place in AUDIT_SHIP: a URL may be a secret."""
    yield from _backlog("audit_unsealed", (), audit_backlog.unsealed(now))
    for place, behind in enumerate(audit_backlog.unshipped(now), 1):
        yield from _backlog("audit_unshipped", (str(place),), behind)


def _backlog(name: str, labels: tuple[str, ...], behind: Backlog) -> Iterator[Gauge]:
    yield Gauge(f"{name}_events", labels, behind.events)
    yield Gauge(f"{name}_age_seconds", labels, behind.age.total_seconds())


def _notices(channel: NoticeChannel, now: datetime) -> Iterator[Gauge]:
    """Those that nobody has tried to tell yet, and those that could not be told.

    The first are many where nothing calls `send_expiry_notices`.
    """
    days = conf.expiry_notice_days()
    untried = Count("pk", filter=Q(attempts=0))
    counted = pending_notices(channel, days, now).aggregate(
        untried=untried, all=Count("pk")
    )
    waiting = count_unnoted(channel, days, now) + counted["untried"]
    failed = counted["all"] - counted["untried"]
    yield Gauge("expiry_notices", (channel.value, "waiting"), waiting)
    yield Gauge("expiry_notices", (channel.value, "failed"), failed)


def _connections() -> int:
    """Of everybody to this database, as far as its role may see them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


inventory = Inventory()
"""That of this process."""
