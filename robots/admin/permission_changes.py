"""What a change of many permissions did to each repository: read, never written."""

from dataclasses import replace
from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots.admin.audit_search import BoundedPaginator
from robots.admin.audit_words import sentence_of
from robots.admin.owned import OwnedAdmin
from robots.admin.read_only import ReadOnly
from robots.admin.shell import Shell
from robots.models import PermissionChange
from robots.roles import Role

_EVENT = "event__id__exact"


@admin.register(PermissionChange)
class PermissionChangeAdmin(ReadOnly, OwnedAdmin):
    """The small print of one audit event, whose page leads here."""

    list_title = "Permissions changed at once"
    namespace_path = "event__namespace_id"
    organization_tab = "logs"
    link_lookups = (_EVENT,)
    paginator = BoundedPaginator
    actions = None
    list_display = ("repository", "change", "was", "what", "when")
    list_display_links = None
    list_select_related = ("event",)
    ordering = ("repository_name", "id")
    sortable_by = ()
    search_fields = ("repository_name",)
    search_help_text = "A part of the repository's name"
    fields = ("repository", "change", "was", "what", "when")
    readonly_fields = fields

    def list_shell(self, request: HttpRequest) -> Shell | None:
        """That of the event, where the address names one that may be seen."""
        key = request.GET.get(_EVENT, "")
        if not (key.isascii() and key.isdigit() and len(key) < 19):
            return super().list_shell(request)
        row = self.get_queryset(request).filter(event_id=int(key)).first()
        return self.shell(request, row) if row else None

    def shell(self, request: HttpRequest, obj: PermissionChange) -> Shell | None:
        shell = super().shell(request, obj)
        return replace(shell, title=sentence_of(obj.event)) if shell else None

    @admin.display(description="repository")
    def repository(self, obj: PermissionChange) -> str:
        return f"{obj.event.namespace_name}/{obj.repository_name}"

    @admin.display(description="what happened")
    def what(self, obj: PermissionChange) -> SafeString:
        """The sentence of the event, which leads back to it."""
        page = reverse("admin:robots_auditevent_change", args=[obj.event_id])
        return format_html('<a href="{}">{}</a>', page, sentence_of(obj.event))

    @admin.display(description="time")
    def when(self, obj: PermissionChange) -> datetime:
        return obj.event.created_at

    @admin.display(description="before")
    def was(self, obj: PermissionChange) -> str:
        if obj.before_role is None:
            return "none"
        role = Role(obj.before_role).label
        if obj.before_until is None:
            return role
        return f"{role} until {obj.before_until.isoformat()}"
