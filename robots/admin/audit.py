"""Audit events: to be read, never touched."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots.admin.lists import NamespaceFilter
from robots.admin.metadata import shown_json
from robots.admin.owned import OwnedAdmin
from robots.models import AuditEvent


class NamespaceNameFilter(NamespaceFilter):
    """By the copied name: the namespace itself may be gone."""

    path = "namespace_name"


@admin.register(AuditEvent)
class AuditEventAdmin(OwnedAdmin):
    """Shows copied names only: the rows that an event speaks of may be gone."""

    list_title = "Audit log"
    organization_tab = "logs"

    list_display = (
        "created_at",
        "kind",
        "namespace_name",
        "repository_name",
        "performer_name",
        "address",
    )
    sortable_by = ("created_at", "kind")
    list_filter = (
        NamespaceNameFilter,
        ("kind", admin.AllValuesFieldListFilter),
        "created_at",
    )
    search_fields = (
        "performer_name",
        "namespace_name",
        "repository_name",
        "request_id",
    )
    search_help_text = "Performer, namespace, repository or request id"
    date_hierarchy = "created_at"
    fields = (
        "created_at",
        "kind",
        "namespace_name",
        "repository_name",
        "performer_kind",
        "performer_name",
        "address",
        "request_id",
        "facts_shown",
    )
    readonly_fields = fields

    @admin.display(description="facts")
    def facts_shown(self, obj: AuditEvent) -> SafeString:
        return format_html("<pre>{}</pre>", shown_json(obj.facts))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
