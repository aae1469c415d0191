"""Organizations, and people's own namespaces, which come and go with their person."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern

from robots.admin.counts import count_of
from robots.admin.creating import CreatingAdmin
from robots.admin.organization_deletion import OrganizationDeletePage
from robots.admin.organization_forms import (
    NewOrganizationForm,
    OrganizationForOthersForm,
    SettingsForm,
)
from robots.admin.organization_list import KindFilter, OrganizationChangeList
from robots.admin.pages import row_path
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.shell import Shell, organization_page, organization_shell
from robots.admin.site_switches import site_switch_paths
from robots.admin.switches import NamespaceSwitchPage
from robots.admin.unused_access import UnusedAccessPage, may_see_unused
from robots.lifecycle.organizations import (
    EmailTaken,
    create_organization,
    set_namespace_enabled,
    update_organization,
)
from robots.models import Namespace, NamespaceKind, Repository, Robot, Team
from robots.standing import joined_namespaces


@admin.register(Namespace)
class NamespaceAdmin(CreatingAdmin):
    """The list, the form for a new organization, and the Settings tab."""

    form = SettingsForm
    list_title = "Organizations"
    create_text = "Create organization"
    organization_tab = "settings"
    namespace_path = "pk"
    members_look = True
    actions = None
    add_another = False
    list_display = (
        "name",
        "kind",
        "repository_total",
        "robot_total",
        "team_total",
        "enabled",
        "created_at",
    )
    list_filter = (KindFilter, "enabled")
    list_select_related = ("owner",)
    search_fields = ("name",)
    search_help_text = "A part of the name"
    add_help = (
        "Robot accounts, repositories and teams live in an organization. It begins"
        " with one team, owners, which administers it."
    )
    change_form_outer_after_template = "robots/admin/organization_settings.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how much the person sees of what there is in each namespace."""
        rows = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(
            **{
                name: count_of(self.seen_in_list_of(model, request), "namespace")
                for name, model in _COUNTED.items()
            }
        )
        return counted

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OrganizationChangeList

    @admin.display(description="repositories", ordering="repository_count")
    def repository_total(self, obj: Any) -> int:
        return int(obj.repository_count)

    @admin.display(description="robot accounts", ordering="robot_count")
    def robot_total(self, obj: Any) -> int:
        return int(obj.robot_count)

    @admin.display(description="teams", ordering="team_count")
    def team_total(self, obj: Any) -> int:
        return int(obj.team_count)

    def get_urls(self) -> list[Any]:
        switch = row_path(self, "switch", NamespaceSwitchPage, "switch")
        unused = row_path(self, "unused", UnusedAccessPage, "unused")
        mounted = getattr(self.admin_site, "mounts_site_urls", False)
        of_site = [] if mounted else self.site_urls()
        return [*of_site, switch, unused, *super().get_urls()]

    def site_urls(self) -> list[URLPattern]:
        """Pages about the whole site: an admin site that says `mounts_site_urls` has
        them at its root; in any other they are among the pages of namespaces.
        """
        return site_switch_paths(self)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who is in no organization yet is told what to do first."""
        context = {"list_note": "" if self._is_in_some(request) else _FIRST}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _is_in_some(self, request: HttpRequest) -> bool:
        reach = reach_of(request)
        mine = joined_namespaces(reach.identity)
        organizations = mine.filter(kind=NamespaceKind.ORGANIZATION)
        return reach.sees_site or organizations.exists()

    def _may(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        """Anybody creates an organization, and nobody deletes a personal namespace."""
        if verb == "add":
            return True
        if verb == "delete" and isinstance(obj, Namespace) and not obj.is_organization:
            return False
        return super()._may(request, verb, obj)

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if obj is None:
            kwargs["form"] = (
                OrganizationForOthersForm
                if self._serves_others(request)
                else NewOrganizationForm
            )
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """As over the API, the address is for administrators and who sees the site."""
        if isinstance(obj, Namespace):
            reach = reach_of(request)
            sees = reach.sees_site or reach.administers(obj)
            address = ("email",) if obj.is_organization and sees else ()
            return ("name", *address, "enabled")
        fields = ("name", "email")
        return (*fields, "first_owner") if self._serves_others(request) else fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        """As over the API, an organization's own people do not switch it off."""
        if obj is None:
            return ()
        everywhere = reach_of(request).may("change", Namespace)
        return ("name",) if everywhere else ("name", "enabled")

    def shell(self, request: HttpRequest, obj: Namespace) -> Shell:
        return organization_shell(request, obj, self.organization_tab)

    def create(self, request: HttpRequest, obj: Namespace) -> Model:
        owner = getattr(obj, "first_owner", None) or request.user
        by = performer_of(request)
        try:
            return create_organization(obj.name, by, owner, obj.email)  # type: ignore[arg-type]
        except EmailTaken:
            if reach_of(request).sees_site:
                raise
            # Who has an address is nobody else's to know.
            raise EmailTaken("This address cannot be used.") from None

    def change(self, request: HttpRequest, obj: Namespace, form: Any) -> None:
        by = performer_of(request)
        if "email" in form.changed_data:
            update_organization(obj, {"email": obj.email}, by)
        if "enabled" in form.changed_data:
            set_namespace_enabled(obj, obj.enabled, by)

    def response_add(
        self, request: HttpRequest, obj: Namespace, post_url_continue: Any = None
    ) -> HttpResponse:
        """To where its first robot account is made."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        text = f"Organization {obj.name} has been created. Add a robot account to it."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(organization_page(obj, "robot"))

    def response_change(self, request: HttpRequest, obj: Namespace) -> HttpResponse:
        text = f"The settings of {obj.name} have been saved."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Deleting has a card of its own; nothing to save, no button to save."""
        context["show_delete"] = False
        context["show_save"] = bool(context["adminform"].form.fields)
        context["may_delete"] = self.has_delete_permission(request, obj)
        context["may_see_unused"] = change and may_see_unused(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = OrganizationDeletePage.as_view(model_admin=self)
        return page(request, object_id=object_id)

    def _serves_others(self, request: HttpRequest) -> bool:
        return reach_of(request).may("add", Namespace)


_COUNTED = {
    "repository_count": Repository,
    "robot_count": Robot,
    "team_count": Team,
}

_FIRST = (
    "You are in no organization yet. Create one, or ask an administrator of one to"
    " put you in a team. Your own namespace takes robot accounts and repositories too."
)
