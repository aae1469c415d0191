"""Robot accounts: their table, their details, and the way to their other pages."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from robots.admin.create_robot import ChoicesView, CreateRobotPage
from robots.admin.credentials import CredentialsPage
from robots.admin.deeds import DeedAdmin
from robots.admin.delete_robots import (
    DeleteRobotPage,
    Dependants,
    ask_to_delete,
    dependants_of,
)
from robots.admin.ends import END_FIELDS
from robots.admin.lists import NamespaceFilter
from robots.admin.metadata import MetadataField
from robots.admin.owned import NAMESPACE_PARAMETER
from robots.admin.pages import row_path
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.refusals import RefusableForm
from robots.admin.regenerate_robots import ask_to_regenerate
from robots.admin.robot_columns import RobotColumns
from robots.admin.robot_details import (
    RevokeImportedSecretView,
    SwitchRobotView,
    token_rows,
)
from robots.admin.robot_filters import ExpiryFilter, UsageFilter
from robots.admin.robot_list import RobotChangeList
from robots.admin.robot_rows import RowAction, origins_of
from robots.admin.set_permissions import SetPermissionsPage
from robots.admin.shell import Shell, Tab, organization_shell, row_shell
from robots.admin.switches import RobotSwitchPage
from robots.admin.theme import ThemedTextarea
from robots.lifecycle.robots import change_robot, delete_robot, set_enabled
from robots.models import Robot


class RobotForm(RefusableForm):
    metadata = MetadataField(widget=ThemedTextarea(attrs={"rows": 6}))


@admin.register(Robot)
class RobotAdmin(RobotColumns, DeedAdmin):
    """A subclass adds what an app above knows of robots: see the methods said to be
    for that.
    """

    form = RobotForm
    formfield_overrides = END_FIELDS
    list_title = "Robot accounts"
    empty_text = (
        "A robot account lets a machine log in to the registry: a build, a cluster,"
        " a mirror. Create one, and say which repositories it may use."
    )
    organization_tab = "robots"
    members_look = True
    list_filter: ClassVar[Any] = (
        NamespaceFilter,
        "enabled",
        UsageFilter,
        ExpiryFilter,
        "created_at",
    )
    list_select_related = ("namespace",)
    search_fields = ("name", "namespace__name", "description")
    search_help_text = "Name, organization or description"
    actions = ("disable", "enable", "regenerate", "delete_selected")
    change_form_outer_after_template = "robots/admin/robot_details.html"
    settled_fields = ("namespace", "name")
    fields = ("description", "enabled", "expires_at", "metadata")

    # --- For subclasses -----------------------------------------------------------

    def tabs(self, request: HttpRequest, robot: Robot) -> list[Tab]:
        """Only the first one for who may look and not touch."""
        tabs = [Tab("details", "Robot account", self.page("change", robot))]
        if self.has_change_permission(request, robot):
            page = self.page("permissions", robot)
            tabs.append(Tab("permissions", "Repository permissions", page))
        if reach_of(request).may_see_secrets(robot.namespace_id):
            page = self.page("credentials", robot)
            tabs.append(Tab("credentials", "Credentials", page))
        return tabs

    def row_actions(self, request: HttpRequest, robot: Robot) -> list[RowAction]:
        """The menu of a row; asked only where the person may change the robot."""
        switch = self.page("switch", robot)
        verb = "Disable" if robot.enabled else "Enable"
        actions = [
            RowAction("Set repository permissions", self.page("permissions", robot)),
            RowAction(verb, f"{switch}?to={verb.lower()}d", posts=True),
        ]
        if reach_of(request).may_see_secrets(robot.namespace_id):
            page = self.page("credentials", robot)
            actions.insert(1, RowAction("Credentials", page))
        return actions

    def authentication_of(self, robots: Sequence[Robot]) -> Mapping[int, list[str]]:
        """How each robot can log in at present, by its key; one query."""
        return origins_of(robots)

    def dependants(self, robots: Sequence[Robot]) -> list[Dependants]:
        """What goes when these robots go, counted for each of them."""
        return dependants_of(robots)

    # --- Pages --------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path(
                "add/choices/",
                view(ChoicesView.as_view(model_admin=self)),
                name="robots_robot_choices",
            ),
            path(
                "<path:object_id>/switch/",
                view(SwitchRobotView.as_view(model_admin=self)),
                name="robots_robot_switch",
            ),
            path(
                "<path:object_id>/imported-secret/revoke/",
                view(RevokeImportedSecretView.as_view(model_admin=self)),
                name="robots_robot_revoke_imported",
            ),
            row_path(self, "permissions", SetPermissionsPage, "permissions"),
            row_path(self, "credentials", CredentialsPage, "credentials"),
            row_path(self, "delete", DeleteRobotPage, "delete"),
            row_path(self, "emergency-switch", RobotSwitchPage, "emergency"),
            *super().get_urls(),
        ]

    def page(self, name: str, robot: Robot) -> str:
        """The address of one of the robot's pages."""
        return reverse(f"admin:robots_robot_{name}", args=[robot.pk])

    def shell(self, request: HttpRequest, obj: Robot, active: str = "details") -> Shell:
        """The robot's name, and tabs to what there is about it."""
        tab = self.organization_tab
        whole = organization_shell(request, obj.namespace, tab, obj)
        tabs = self.tabs(request, obj)
        return row_shell(whole, obj.full_name, tabs, active)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return CreateRobotPage.as_view(model_admin=self)(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nothing to add where the person administers nothing."""
        may_add = self.may_here(request, "add")
        context = {"has_add_permission": may_add, **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RobotChangeList

    def get_actions(self, request: HttpRequest) -> Any:
        """None, and no boxes to tick, for who could carry none of them out."""
        may = any(self.may_here(request, verb) for verb in ("change", "delete"))
        some = may and self.sees_some_grants(request)
        return super().get_actions(request) if some else {}

    def may_here(self, request: HttpRequest, verb: str) -> bool:
        """Whether the person may `verb` some robot of the list that is asked for."""
        reach = reach_of(request)
        name = request.GET.get(NAMESPACE_PARAMETER, "")
        if reach.may(verb, self.model):
            return True
        if not name:
            return bool(reach.administered)
        return reach.administers(self.named_namespace(request, name))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Metadata only for who may audit the namespace, as over the API."""
        if obj is None or self.sees_grants(request, obj):
            return self.fields
        return [name for name in self.fields if name != "metadata"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the facts and tokens that stand below the form."""
        if obj := context.get("original"):
            context |= {
                "title": "Robot account",
                "show_save_and_add_another": False,
                "facts": self.facts(request, obj),
            }
            if self.sees_grants(request, obj):
                context["tokens"] = token_rows(obj)
                context["emergency_page"] = self.page("emergency", obj)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Deeds --------------------------------------------------------------------

    def change(self, request: HttpRequest, obj: Robot, form: Any) -> None:
        by = performer_of(request)
        changed = {name: getattr(obj, name) for name in form.changed_data}
        if "enabled" in changed:
            set_enabled(obj, changed.pop("enabled"), by)
        if changed:
            change_robot(obj, changed, by)

    def remove(self, request: HttpRequest, obj: Robot) -> None:
        delete_robot(obj, performer_of(request))

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Robot]) -> None:
        self._set_enabled(request, queryset, False)

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Robot]) -> None:
        self._set_enabled(request, queryset, True)

    @admin.action(description="Regenerate tokens", permissions=["change"])
    def regenerate(
        self, request: HttpRequest, queryset: QuerySet[Robot]
    ) -> HttpResponse | None:
        return ask_to_regenerate(self, request, queryset)

    @admin.action(description="Delete", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Robot]
    ) -> HttpResponse | None:
        may = self.changeable(request, queryset, "delete")
        return ask_to_delete(self, request, may)

    def _set_enabled(
        self, request: HttpRequest, queryset: QuerySet[Robot], enabled: bool
    ) -> None:
        by = performer_of(request)
        changed = list(queryset.filter(enabled=not enabled).order_by("pk"))
        for robot in changed:
            set_enabled(robot, enabled, by)
        done = "enabled" if enabled else "disabled"
        self.message_user(request, f"Robots {done}: {len(changed)}.", messages.SUCCESS)
