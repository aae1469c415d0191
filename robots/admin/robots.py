"""Robot accounts; a token is shown once, when its robot is made."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots import audit
from robots.admin.credentials import CredentialsPage
from robots.admin.deeds import DeedAdmin, facts_of, list_link
from robots.admin.lists import NamespaceFilter
from robots.admin.metadata import MetadataField
from robots.admin.pages import row_path
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.admin.set_permissions import SetPermissionsPage
from robots.admin.shell import Shell, Tab, organization_shell, row_shell
from robots.lifecycle.robots import create_robot, delete_robot, set_enabled
from robots.models import RepositoryPermission, Robot, RobotToken


class RobotForm(RefusableForm):
    metadata = MetadataField()


@admin.register(Robot)
class RobotAdmin(DeedAdmin):
    form = RobotForm
    list_title = "Robot accounts"
    organization_tab = "robots"
    members_look = True
    list_display = (
        "full_name",
        "description",
        "enabled",
        "expires_at",
        "last_used_at",
        "created_at",
    )
    list_filter = (NamespaceFilter, "enabled", "created_at")
    list_select_related = ("namespace",)
    search_fields = ("name", "namespace__name", "description")
    search_help_text = "Name, namespace or description; namespace+name finds one robot"
    autocomplete_fields = ("namespace",)
    actions = ("disable", "enable")
    add_fields = ("namespace", "name", "description", "metadata")
    add_help = "Its token is shown once, on the page after saving."
    settled_fields = ("namespace", "name")
    fields = (
        *add_fields,
        "enabled",
        "expires_at",
        "tokens",
        "repository_permissions",
        "last_used_at",
        "created_at",
    )
    readonly_fields = (
        "tokens",
        "repository_permissions",
        "last_used_at",
        "created_at",
    )

    def get_urls(self) -> list[Any]:
        return [
            row_path(self, "permissions", SetPermissionsPage, "permissions"),
            row_path(self, "credentials", CredentialsPage, "credentials"),
            *super().get_urls(),
        ]

    def shell(self, request: HttpRequest, obj: Robot, active: str = "details") -> Shell:
        """The robot's name, and tabs to what there is about it."""
        whole = organization_shell(request, obj.namespace, self.organization_tab)
        tabs = self.tabs(request, obj)
        return row_shell(whole, obj.full_name, tabs, active)

    def tabs(self, request: HttpRequest, robot: Robot) -> list[Tab]:
        """Only the first one for who may look and not touch."""
        tabs = [Tab("details", "Robot account", self._page("change", robot))]
        if self.has_change_permission(request, robot):
            tabs += [
                Tab(
                    "permissions",
                    "Repository permissions",
                    self._page("permissions", robot),
                ),
                Tab("credentials", "Credentials", self._page("credentials", robot)),
            ]
        return tabs

    def _page(self, name: str, robot: Robot) -> str:
        return reverse(f"admin:robots_robot_{name}", args=[robot.pk])

    @admin.display(description="robot account", ordering="name")
    def full_name(self, obj: Robot) -> str:
        return obj.full_name

    @admin.display(description="tokens")
    def tokens(self, obj: Robot) -> SafeString:
        return list_link(RobotToken, "Show its tokens", robot__id__exact=obj.pk)

    @admin.display(description="permissions")
    def repository_permissions(self, obj: Robot) -> SafeString:
        return list_link(
            RepositoryPermission, "Show its permissions", robot__id__exact=obj.pk
        )

    @admin.action(description="Disable selected robots", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Robot]) -> None:
        self._set_enabled(request, queryset, False)

    @admin.action(description="Enable selected robots", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Robot]) -> None:
        self._set_enabled(request, queryset, True)

    def create(self, request: HttpRequest, obj: Robot) -> Model:
        made = create_robot(
            obj.namespace,
            obj.name,
            performer_of(request),
            description=obj.description,
            metadata=obj.metadata or None,
        )
        self.message_user(
            request,
            format_html(
                "Token of {}: <code>{}</code> Copy it now: this site's pages never"
                " show it again.",
                made.robot.full_name,
                made.secret.reveal(),
            ),
            messages.WARNING,
        )
        return made.robot

    def change(self, request: HttpRequest, obj: Robot, form: Any) -> None:
        by = performer_of(request)
        if "enabled" in form.changed_data:
            set_enabled(obj, obj.enabled, by)
        rest = [name for name in form.changed_data if name != "enabled"]
        if rest:
            obj.save(update_fields=rest)
            audit.record(
                "change_robot", by, obj.namespace, robot=obj.name, **facts_of(obj, rest)
            )

    def remove(self, request: HttpRequest, obj: Robot) -> None:
        delete_robot(obj, performer_of(request))

    def _set_enabled(
        self, request: HttpRequest, queryset: QuerySet[Robot], enabled: bool
    ) -> None:
        by = performer_of(request)
        changed = list(queryset.filter(enabled=not enabled))
        for robot in changed:
            set_enabled(robot, enabled, by)
        done = "enabled" if enabled else "disabled"
        self.message_user(request, f"Robots {done}: {len(changed)}.", messages.SUCCESS)
