"""Logs: the audit events of a namespace, of a repository, of the whole site."""

from datetime import UTC
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import ApiViewSet, NamespaceViewSet, RepositoryViewSet
from robots.api.errors import FrameworkError
from robots.api.formats import date
from robots.api.log_span import SPAN, Span, span_of
from robots.api.log_views import (
    LogCounts,
    LogPage,
    SiteLogPage,
    count,
    entry,
    repository_entry,
    site_entry,
)
from robots.api.paging import page_of
from robots.api.rules import (
    LOG_AUDIT,
    REPOSITORY_AUDIT,
    SITE_AUDIT,
    SITE_AUDIT_FRESH,
    Rule,
)
from robots.api.schema import NEXT_PAGE, query
from robots.identity import Kind
from robots.models import AuditEvent, Namespace, PermissionChange, Repository
from robots.personal_events import PERSONAL

PER_PAGE = 20
"""Entries of one page, as in Quay."""

_MAX_SEARCHED = 255
_MAX_KINDS = 100
_SEARCHED = (
    "kind",
    "performer_name",
    "repository_name",
    "facts__robot",
    "facts__username",
    "facts__team",
)
_EMPTY_SPAN = {"endtime": "The last day, which must not be before starttime."}

_PERFORMER = query("performer", str, "The name of the person or robot who did it.")
_LIST = [
    *SPAN,
    _PERFORMER,
    query("kind", str, "Kinds of entries, separated by commas."),
    query("q", str, "A part of the kind, or of a name that the entry has."),
    NEXT_PAGE,
]


class LogViewSet(ApiViewSet):
    """Audit events, newest first, and how many there were on each day."""

    def events(self) -> QuerySet[AuditEvent]:
        """What this log is about; with the rows that `show` reads."""
        raise NotImplementedError

    def show(self, event: AuditEvent) -> dict[str, Any]:
        return entry(event)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List what happened, the newest first."""
        span = checked_span(request)
        events = _matching(request, span.of(self.events()))
        page = page_of(events, request, PER_PAGE, "-created_at", "-id")
        shown = {
            "start_time": date(span.start),
            "end_time": date(span.end),
            "logs": [self.show(event) for event in page.items],
        }
        return Response({**shown, **page.rest()})

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Count what happened: one number for each kind and day."""
        events = _of_performer(request, checked_span(request).of(self.events()))
        days = (
            events.select_related(None)
            .annotate(day=TruncDate("created_at", tzinfo=UTC))
            .values("kind", "day")
            .annotate(number=Count("id"))
            .order_by("day", "kind")
        )
        counts = [count(row["kind"], row["day"], row["number"]) for row in days]
        return Response({"aggregated": counts})


@extend_schema_view(
    list=extend_schema(operation_id="listOrgLogs", parameters=_LIST, responses=LogPage),
    retrieve=extend_schema(
        operation_id="getAggregateOrgLogs",
        parameters=[*SPAN, _PERFORMER],
        responses=LogCounts,
    ),
)
class NamespaceLogViewSet(LogViewSet, NamespaceViewSet):
    """What happened in an organization, or in the caller's own namespace."""

    access: ClassVar[dict[str, Rule]] = {"list": LOG_AUDIT, "retrieve": LOG_AUDIT}

    def events(self) -> QuerySet[AuditEvent]:
        return events_of_namespace(self.namespace)


@extend_schema_view(
    list=extend_schema(
        operation_id="listRepoLogs", parameters=_LIST, responses=LogPage
    ),
    retrieve=extend_schema(
        operation_id="getAggregateRepoLogs",
        parameters=[*SPAN, _PERFORMER],
        responses=LogCounts,
    ),
)
class RepositoryLogViewSet(LogViewSet, RepositoryViewSet):
    """What happened to a repository."""

    access: ClassVar[dict[str, Rule]] = {
        "list": REPOSITORY_AUDIT,
        "retrieve": REPOSITORY_AUDIT,
    }

    def events(self) -> QuerySet[AuditEvent]:
        return events_of_repository(self.repository)

    def show(self, event: AuditEvent) -> dict[str, Any]:
        return repository_entry(event, self.repository)


@extend_schema_view(
    list=extend_schema(
        operation_id="listAllLogs", parameters=_LIST, responses=SiteLogPage
    ),
    retrieve=extend_schema(
        operation_id="listAllAggregateLogs",
        parameters=[*SPAN, _PERFORMER],
        responses=LogCounts,
    ),
)
class SiteLogViewSet(LogViewSet):
    """What happened on the whole site."""

    access: ClassVar[dict[str, Rule]] = {
        "list": SITE_AUDIT,
        "retrieve": SITE_AUDIT_FRESH,
    }

    def events(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.select_related("performer_user", "namespace")

    def show(self, event: AuditEvent) -> dict[str, Any]:
        return site_entry(event)


def events_of_namespace(namespace: Namespace) -> QuerySet[AuditEvent]:
    """By its key: what had the name before it shows nothing here.

    An organization that was a person's own namespace keeps the person's to itself.
    """
    events = AuditEvent.objects.filter(namespace_id=namespace.pk)
    if namespace.is_organization:
        events = events.exclude(PERSONAL)
    return events.select_related("performer_user")


def events_of_repository(repository: Repository) -> QuerySet[AuditEvent]:
    """Since it was created: events have its name only, which another had before.

    Those too that changed permissions of it and of others at once.
    """
    bulk = PermissionChange.objects.filter(repository_name=repository.name)
    return events_of_namespace(repository.namespace).filter(
        Q(repository_name=repository.name)
        | Q(pk__in=bulk.order_by().values("event_id")),
        created_at__gte=repository.created_at,
    )


def checked_span(request: Request) -> Span:
    """The span that is asked for; FrameworkError if it ends before it starts."""
    span = span_of(request)
    if span.is_empty:
        raise FrameworkError(_EMPTY_SPAN)
    return span


def _of_performer(
    request: Request, events: QuerySet[AuditEvent]
) -> QuerySet[AuditEvent]:
    if name := queries.text(request, "performer"):
        named = Q(performer_kind__in=(Kind.USER, Kind.ROBOT), performer_name=name)
        return events.filter(named)
    return events


def _matching(request: Request, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    events = _of_performer(request, events)
    if kinds := queries.text(request, "kind"):
        events = events.filter(kind__in=kinds.split(",")[:_MAX_KINDS])
    if wanted := queries.text(request, "q"):
        if len(wanted) > _MAX_SEARCHED:
            raise FrameworkError({"q": f"At most {_MAX_SEARCHED} characters"})
        parts = (Q(**{f"{field}__icontains": wanted}) for field in _SEARCHED)
        events = events.filter(reduce(or_, parts))
    return events
