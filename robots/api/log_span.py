"""The span of time that a log request is about."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request

from robots.api.schema import query
from robots.models import AuditEvent

_FORMAT = "%m/%d/%Y"
_DAY = timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """From `start` on, and before `end`; both in UTC."""

    start: datetime
    end: datetime

    @property
    def is_empty(self) -> bool:
        return self.end < self.start

    def of(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Those of `events` that happened within it."""
        return events.filter(created_at__gte=self.start, created_at__lt=self.end)


def span_of(request: Request) -> Span:
    """What `starttime` and `endtime` say; the last day is part of it, whole.

    Without them, or where they are no dates: from a day ago until a day ahead.
    """
    now = timezone.now()
    last = _date(request, "endtime") or now
    start = _date(request, "starttime") or now - _DAY
    return Span(start, last + _DAY if last < _LAST - _DAY else _LAST)


def _date(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    try:
        return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


SPAN: list[Any] = [
    query("starttime", str, "The first day, MM/DD/YYYY in UTC; yesterday if absent."),
    query("endtime", str, "The last day, MM/DD/YYYY in UTC; today if absent."),
]
