"""Audit events: to be read, searched and exported, never touched."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots.admin.audit_export import MAX_ROWS, export
from robots.admin.audit_search import AuditChangeList, AuditFilter, BoundedPaginator
from robots.admin.audit_words import sentence_of
from robots.admin.metadata import shown_json
from robots.admin.owned import NAMESPACE_PARAMETER, OwnedAdmin
from robots.admin.reach import Reach, reach_of
from robots.admin.read_only import ReadOnly
from robots.admin.repositories import RepositoryAdmin
from robots.admin.shell import Shell
from robots.models import AuditEvent, NamespaceKind, PermissionChange, Repository
from robots.personal_events import PERSONAL


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, OwnedAdmin):
    """Shows copied names only: the rows that an event speaks of may be gone."""

    list_title = "Audit log"
    organization_tab = "logs"
    list_before_template = "robots/admin/audit_head.html"
    empty_text = "Whatever is changed, and every login, is written down here."
    paginator = BoundedPaginator
    actions = None

    list_display = ("when", "what", "who", "where", "address")
    list_display_links = ("what",)
    list_filter = (AuditFilter,)
    link_lookups = ("kind",)
    ordering = ("-created_at", "-id")
    sortable_by = ("when",)
    search_fields = (
        "performer_name",
        "namespace_name",
        "repository_name",
        "request_id",
    )
    search_help_text = (
        "A part of the performer's, namespace's or repository's name, or of a request"
        " id"
    )
    fields = (
        "what",
        "created_at",
        "who",
        "performer_kind",
        "namespace_name",
        "repository_name",
        "address",
        "request_id",
        "kind",
        "facts_shown",
        "permissions_changed",
    )
    readonly_fields = fields

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(partial(export, self))
        return [
            path("export/", view, name="robots_auditevent_export"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        reach = reach_of(request)
        context = {
            "max_rows": MAX_ROWS,
            "may_export": reach.sees_site or bool(reach.administered),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"title": "Audit event", **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def seen(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        of_organization = Q(namespace__kind=NamespaceKind.ORGANIZATION)
        return super().seen(rows, reach).exclude(of_organization & PERSONAL)

    def list_shell(self, request: HttpRequest) -> Shell | None:
        """Of one repository, where the address names one."""
        return self._repository_shell(request) or super().list_shell(request)

    def shell(self, request: HttpRequest, obj: AuditEvent) -> Shell | None:
        shell = super().shell(request, obj)
        return replace(shell, title=sentence_of(obj)) if shell else None

    def _repository_shell(self, request: HttpRequest) -> Shell | None:
        place = request.GET.get(NAMESPACE_PARAMETER, "")
        namespace = self.named_namespace(request, place)
        name = request.GET.get("repository", "")
        if namespace is None or not name or "\x00" in name:
            return None
        repositories = self.admin_site.get_model_admin(Repository)
        if not isinstance(repositories, RepositoryAdmin):
            return None
        rows = repositories.get_queryset(request)
        found = rows.filter(namespace=namespace, name=name).first()
        return repositories.shell(request, found, "logs") if found else None

    @admin.display(description="time", ordering="created_at")
    def when(self, obj: AuditEvent) -> Any:
        return obj.created_at

    @admin.display(description="what happened")
    def what(self, obj: AuditEvent) -> str:
        return sentence_of(obj)

    @admin.display(description="done by")
    def who(self, obj: AuditEvent) -> str:
        return obj.performer_name or "(anonymous)"

    @admin.display(description="organization")
    def where(self, obj: AuditEvent) -> str:
        return obj.namespace_name

    @admin.display(description="facts")
    def facts_shown(self, obj: AuditEvent) -> SafeString:
        return format_html('<pre class="qs-code">{}</pre>', shown_json(obj.facts))

    @admin.display(description="repositories")
    def permissions_changed(self, obj: AuditEvent) -> SafeString | str:
        """A link to each permission that the event changed, where it changed many."""
        count = PermissionChange.objects.filter(event=obj).count()
        if not count:
            return "-"
        page = reverse("admin:robots_permissionchange_changelist")
        return format_html(
            '<a href="{}?event__id__exact={}">{} changed permission{}</a>',
            page,
            obj.pk,
            count,
            pluralize(count),
        )
