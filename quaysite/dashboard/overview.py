"""Everything that the front page shows to one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from quaysite.dashboard import chart, health
from quaysite.dashboard.rows import EXCHANGE_FAILURE, LOGIN_FAILURE, Rows
from robots.admin.reach import Reach, reach_of
from robots.models import AuditEvent, Robot

SHOWN = 5
"""Rows of each short list."""

FAILURES_SINCE = timedelta(days=1)
_ENABLED = "enabled__exact=1"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, what it counts, and the list of what was counted."""

    title: str
    number: int
    url: str
    level: str = ""


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme calls this for the admin's front page."""
    return {**context, **overview(reach_of(request))}


def overview(reach: Reach) -> dict[str, Any]:
    """The template's context; a constant number of queries."""
    rows = Rows(reach, timezone.now())
    days = chart.issued_by_day(rows)
    failed_since = rows.now - FAILURES_SINCE
    return {
        "whole_site": reach.sees_site,
        "figures": _figures(rows),
        "days": days,
        "issued_total": sum(count for _, count in days),
        "chart_data": chart.chart_data(days),
        "chart_options": chart.OPTIONS,
        "lights": health.lights(reach),
        "never_used": _robots(rows.never_used().order_by("created_at")),
        "expiring": _robots(rows.expiring()),
        "failures": _latest(rows, failed_since),
    }


def _figures(rows: Rows) -> Sequence[Figure]:
    today = timezone.localtime(rows.now)
    since = today.replace(hour=0, minute=0, second=0, microsecond=0)
    day = since.date().isoformat()
    robots = reverse("admin:robots_robot_changelist")
    logs = reverse("admin:robots_auditevent_changelist")
    never, expiring = rows.never_used().count(), rows.expiring().count()
    logins = rows.failures(LOGIN_FAILURE, since).count()
    exchanges = rows.failures(EXCHANGE_FAILURE, since).count()
    return [
        Figure("Robot accounts", rows.robots().count(), robots),
        Figure("Never used", never, f"{robots}?used=never&expiry=live&{_ENABLED}"),
        Figure(
            "Expiring in 30 days",
            expiring,
            f"{robots}?expiry=soon&{_ENABLED}",
            _warn(expiring),
        ),
        Figure(
            "Refused logins today",
            logins,
            f"{logs}?kind={LOGIN_FAILURE}&since={day}",
            _warn(logins),
        ),
        Figure(
            "Refused exchanges today",
            exchanges,
            f"{logs}?kind={EXCHANGE_FAILURE}&since={day}",
            _warn(exchanges),
        ),
    ]


def _warn(number: int) -> str:
    return "warning" if number else ""


def _robots(robots: QuerySet[Robot]) -> list[Robot]:
    return list(robots.select_related("namespace")[:SHOWN])


def _latest(rows: Rows, since: Any) -> list[AuditEvent]:
    """The last refusals of both kinds together."""
    kinds = (LOGIN_FAILURE, EXCHANGE_FAILURE)
    found = [event for kind in kinds for event in rows.failures(kind, since)[:SHOWN]]
    return sorted(found, key=lambda event: event.pk, reverse=True)[:SHOWN]
