"""Robots and their tokens; a token is shown once, when its robot is made."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots import audit
from robots.admin.deeds import DeedAdmin, facts_of, list_link
from robots.admin.lists import NamespaceFilter
from robots.admin.metadata import MetadataField
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.lifecycle.robots import create_robot, delete_robot, set_enabled
from robots.models import RepositoryPermission, Robot, RobotToken


class RobotForm(RefusableForm):
    metadata = MetadataField()


@admin.register(Robot)
class RobotAdmin(DeedAdmin):
    form = RobotForm
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


class TokenNamespaceFilter(NamespaceFilter):
    path = "robot__namespace__name"


@admin.register(RobotToken)
class RobotTokenAdmin(DeedAdmin):
    """When tokens were made and used, never the tokens; deleting one revokes it."""

    secret_fields = ("digest", "sealed")
    list_display = (
        "robot_name",
        "origin",
        "created_at",
        "expires_at",
        "last_used_at",
    )
    list_filter = (TokenNamespaceFilter, "origin", "created_at")
    list_select_related = ("robot__namespace",)
    search_fields = ("robot__name", "robot__namespace__name")
    fields = ("robot", "origin", "created_at", "expires_at", "last_used_at")
    readonly_fields = fields

    @admin.display(description="robot account", ordering="robot__name")
    def robot_name(self, obj: RobotToken) -> str:
        return obj.robot.full_name

    def remove(self, request: HttpRequest, obj: RobotToken) -> None:
        audit.record(
            "revoke_robot_token",
            performer_of(request),
            obj.robot.namespace,
            robot=obj.robot.name,
            origin=obj.origin,
            created_at=obj.created_at.isoformat(),
        )
        obj.delete()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
