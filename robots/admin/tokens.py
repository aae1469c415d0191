"""Robots' tokens: when they were made and used, and an end to them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from robots.admin.deeds import DeedAdmin
from robots.admin.lists import NamespaceFilter
from robots.admin.performer import performer_of
from robots.admin.robot_columns import day
from robots.admin.robot_filters import ExpiryFilter
from robots.lifecycle.tokens import retire_token
from robots.models import RobotToken

_ROBOT = "_robot_of_revoked_token"


class TokenNamespaceFilter(NamespaceFilter):
    path = "robot__namespace__name"


@admin.register(RobotToken)
class RobotTokenAdmin(DeedAdmin):
    """When tokens were made and used, never the tokens; deleting one revokes it."""

    secret_fields = ("digest", "sealed")
    link_lookups = ("robot__id__exact",)
    list_title = "Robot tokens"
    namespace_path = "robot__namespace_id"
    organization_tab = "robots"
    list_display = (
        "robot_name",
        "origin",
        "created_at",
        "expires",
        "last_used_at",
    )
    list_filter = (TokenNamespaceFilter, "origin", ExpiryFilter, "created_at")
    list_select_related = ("robot__namespace",)
    search_fields = ("robot__name", "robot__namespace__name")
    fields = ("robot", "origin", "created_at", "expires", "last_used_at")
    readonly_fields = fields

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, obj: RobotToken) -> SafeString | str:
        return day(obj.expires_at) if obj.expires_at else "never"

    @admin.display(description="robot account", ordering="robot__name")
    def robot_name(self, obj: RobotToken) -> str:
        return obj.robot.full_name

    def remove(self, request: HttpRequest, obj: RobotToken) -> None:
        retire_token(obj.robot, obj.pk, performer_of(request))
        setattr(request, _ROBOT, obj.robot_id)

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        """Back to the robot, whose page led here."""
        answer = super().response_delete(request, obj_display, obj_id)
        robot_id = getattr(request, _ROBOT, None)
        if robot_id is None:
            return answer
        return HttpResponseRedirect(
            reverse("admin:robots_robot_change", args=[robot_id])
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
