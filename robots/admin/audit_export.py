"""The audit log as a CSV file: what the list shows, without its pages."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone

from robots import audit
from robots.accessfile.cells import FORMULA
from robots.admin.audit_search import AuditChangeList
from robots.admin.audit_words import sentence_of
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.models import AuditEvent, Namespace

MAX_ROWS = 100_000
"""Events of one file, the newest ones; earlier ones are had by dates."""

HEADER = (
    "time",
    "what happened",
    "kind",
    "organization",
    "repository",
    "performer",
    "performer kind",
    "address",
    "request id",
    "facts",
)

_CHUNK = 2_000
_LONG = 1_500
"""Characters of a query that are not sent back to its form."""


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def export(model_admin: Any, request: HttpRequest) -> HttpResponseBase:
    """Answer the events that the address asks for. POST, as it is itself an event."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reach = reach_of(request)
    if not (reach.sees_site or reach.administered):
        raise PermissionDenied
    page = reverse("admin:robots_auditevent_changelist")
    try:
        found = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(page)
    if not found.search_form.is_valid():
        asked = request.GET.urlencode()
        return HttpResponseRedirect(f"{page}?{asked}" if len(asked) < _LONG else page)
    _record(request, found)
    lines = csv_lines(found.queryset[:MAX_ROWS].iterator(_CHUNK))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"audit-log-{timezone.now().astimezone(UTC):%Y%m%dT%H%M%SZ}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The file's lines, the header first."""
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADER)
    for event in events:
        yield writer.writerow([inert(cell) for cell in _cells(event)])


def inert(cell: str) -> str:
    """The text as a spreadsheet shows it and never computes it; always sendable."""
    text = cell.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(event: AuditEvent) -> Sequence[str]:
    return (
        event.created_at.astimezone(UTC).isoformat(),
        sentence_of(event),
        event.kind,
        event.namespace_name,
        event.repository_name,
        event.performer_name,
        event.performer_kind,
        event.address or "",
        event.request_id,
        json.dumps(event.facts, ensure_ascii=False, sort_keys=True),
    )


def _record(request: HttpRequest, found: AuditChangeList) -> None:
    """Where those find it whose log it was: in each namespace, or on the site's log."""
    asked = {k: str(v) for k, v in found.search_form.cleaned_data.items() if v}
    if found.query:
        asked["search"] = found.query
    facts = {"asked": asked, "rows": min(found.result_count, MAX_ROWS)}
    by = performer_of(request)
    with transaction.atomic():
        for place in _places(request, asked.get("namespace", "")) or [None]:
            audit.record("export_logs_csv", by, place, **facts)


def _places(request: HttpRequest, name: str) -> QuerySet[Namespace]:
    reach = reach_of(request)
    if name:
        named = Namespace.objects.filter(name=name)
        return named if reach.sees_site else named.filter(pk__in=reach.administered)
    if reach.sees_site:
        return Namespace.objects.none()
    return Namespace.objects.filter(pk__in=reach.administered)
