"""Namespaces: organizations are made here, personal ones come with their person."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from robots import audit
from robots.admin.deeds import DeedAdmin, list_link
from robots.admin.performer import performer_of
from robots.lifecycle.organizations import create_organization, delete_organization
from robots.models import Namespace, Repository, Robot, Team


@admin.register(Namespace)
class NamespaceAdmin(DeedAdmin):
    list_title = "Organizations"
    organization_tab = "settings"
    namespace_path = "pk"
    members_look = True
    list_display = ("name", "kind", "owner", "enabled", "created_at")
    list_filter = ("kind", "enabled")
    list_select_related = ("owner",)
    search_fields = ("name",)
    add_fields = ("name",)
    add_help = "A new organization has one team, owners: put its people in there."
    settled_fields = ("name", "kind", "owner")
    fields = (
        "name",
        "kind",
        "owner",
        "enabled",
        "robots",
        "repositories",
        "teams",
        "created_at",
    )
    readonly_fields = ("robots", "repositories", "teams", "created_at")

    @admin.display(description="robots")
    def robots(self, obj: Namespace) -> SafeString:
        return list_link(Robot, "Show its robots", namespace=obj.name)

    @admin.display(description="repositories")
    def repositories(self, obj: Namespace) -> SafeString:
        return list_link(Repository, "Show its repositories", namespace=obj.name)

    @admin.display(description="teams")
    def teams(self, obj: Namespace) -> str:
        if not obj.is_organization:
            return "Only organizations have teams."
        return list_link(Team, "Show its teams", namespace=obj.name)

    def create(self, request: HttpRequest, obj: Namespace) -> Model:
        return create_organization(obj.name, performer_of(request))

    def change(self, request: HttpRequest, obj: Namespace, form: Any) -> None:
        obj.save(update_fields=["enabled"])
        kind = "enable_namespace" if obj.enabled else "disable_namespace"
        audit.record(kind, performer_of(request), obj)

    def remove(self, request: HttpRequest, obj: Namespace) -> None:
        delete_organization(obj, performer_of(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """No delete button on a personal namespace."""
        namespace = self.get_object(request, unquote(object_id))
        context = {"show_delete": namespace is None or namespace.is_organization}
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )
