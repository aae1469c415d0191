"""Log exports: all entries of a span of time, as a file on the server."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from robots import conf
from robots.api.base import ApiViewSet, NamespaceViewSet, RepositoryViewSet
from robots.api.bodies import Body, Text
from robots.api.errors import ApiError, FrameworkError, Missing
from robots.api.formats import date
from robots.api.log_span import SPAN, span_of
from robots.api.log_views import (
    LogExportReply,
    repository_site_entry,
    site_entry,
)
from robots.api.logs import events_of_namespace, events_of_repository
from robots.api.rules import LOG_ADMIN, REPOSITORY_ADMIN, Rule
from robots.lifecycle.log_exports import ExportFailed, export_logs
from robots.models import AuditEvent, Namespace, Repository

_CHUNK = 1000
_NO_DELIVERY = (
    "Exports are written to a folder of the server and not sent anywhere: leave"
    " callback_url and callback_email out"
)


class ExportBody(Body):
    """Where Quay would send the export. Quaysite sends it nowhere, so neither goes."""

    callback_url = Text(required=False)
    callback_email = Text(required=False)


class ExportViewSet(ApiViewSet):
    """One deed: write a log to a file that the site's operators can fetch."""

    def subject(self) -> tuple[Namespace, Repository | None]:
        """What the log is about."""
        raise NotImplementedError

    def events(self) -> QuerySet[AuditEvent]:
        """What goes into the file; with the rows that `site_entry` reads."""
        namespace, repository = self.subject()
        found = (
            events_of_namespace(namespace)
            if repository is None
            else events_of_repository(repository)
        )
        return found.select_related("performer_user", "namespace")

    def show(self, event: AuditEvent) -> dict[str, Any]:
        """An event as its line of the file."""
        _, repository = self.subject()
        if repository is None:
            return site_entry(event)
        return repository_site_entry(event, repository)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Write the log to a file on the server. There where it is switched on."""
        if not conf.exports_logs():
            raise Missing
        refuse_callbacks(self.body(ExportBody))
        span = span_of(request)
        if span.is_empty:
            raise ApiError("Invalid time span selected")
        events = span.of(self.events()).order_by("created_at", "id")
        try:
            export_id = export_logs(
                map(self.show, events.iterator(_CHUNK)),
                self.caller.performer,
                *self.subject(),
                start_time=date(span.start),
                end_time=date(span.end),
            )
        except ExportFailed:
            raise FrameworkError("The export could not be written.", 503) from None
        return Response({"export_id": str(export_id)})


_EXPORT: dict[str, Any] = {
    "parameters": SPAN,
    "request": ExportBody,
    "responses": LogExportReply,
}


@extend_schema_view(create=extend_schema(operation_id="exportOrgLogs", **_EXPORT))
class NamespaceExportViewSet(ExportViewSet, NamespaceViewSet):
    """Exports of what happened in an organization, or in the caller's namespace."""

    access: ClassVar[dict[str, Rule]] = {"create": LOG_ADMIN}

    def subject(self) -> tuple[Namespace, Repository | None]:
        return self.namespace, None


@extend_schema_view(create=extend_schema(operation_id="exportRepoLogs", **_EXPORT))
class RepositoryExportViewSet(ExportViewSet, RepositoryViewSet):
    """Exports of what happened to a repository."""

    access: ClassVar[dict[str, Rule]] = {"create": REPOSITORY_ADMIN}

    def subject(self) -> tuple[Namespace, Repository | None]:
        return self.repository.namespace, self.repository


def refuse_callbacks(body: dict[str, Any]) -> None:
    """Raise ApiError if the body wants the export sent, saying first what is wrong
    with the address.
    """
    email, url = body.get("callback_email"), body.get("callback_url")
    if email and "@" not in email:
        raise ApiError("Invalid callback e-mail")
    if url:
        _check_url(url)
    if email or url:
        raise ApiError(_NO_DELIVERY)


def _check_url(url: str) -> None:
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        raise ApiError("Invalid callback URL") from None
    if scheme not in ("http", "https"):
        raise ApiError(
            f"Invalid URL scheme '{scheme}': only HTTP and HTTPS are allowed"
        )
    if not host:
        raise ApiError("Invalid callback URL")
