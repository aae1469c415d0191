"""All trusts that a person may see: to be found, switched off and removed.

What a trust says is set on its robot's page (`federation.admin.robot_trusts`).
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString

from federation.admin.shown_trusts import BADGES
from federation.lifecycle import remove_trust, set_trust_enabled
from federation.linter import grade
from federation.models import Trust
from robots.admin.deeds import DeedAdmin
from robots.admin.lists import NamespaceFilter
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.models import Robot


def robot_trusts_page(robot_id: int, trust_id: int | None = None) -> str:
    """The address of a robot's Federation tab, or of one trust on it."""
    page = reverse("admin:robots_robot_federation", args=[robot_id])
    return f"{page}#trust-{trust_id}" if trust_id else page


def _nothing_yet() -> SafeString:
    return format_html(
        "A trust lets a CI job or a pod log in as a robot account with the token that"
        " its platform signs for it: no secret is stored anywhere, and none has to be"
        ' renewed. Open one of the <a href="{}">robot accounts</a>, choose its tab'
        " Federation, and add a trust there.",
        reverse("admin:robots_robot_changelist"),
    )


class TrustNamespaceFilter(NamespaceFilter):
    path = "robot__namespace__name"


class UsedFilter(admin.SimpleListFilter):
    """Trusts that ever let a token in, and those that never did."""

    title = "use"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("never", "Never used"), ("ever", "Used")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        if self.value() not in {"never", "ever"}:
            return queryset
        return queryset.filter(last_used_at__isnull=self.value() == "never")


@admin.register(Trust)
class TrustAdmin(DeedAdmin):
    """Only administrators see trusts, as over the API: members who look do not."""

    list_title = "Federation"
    # Addresses are known only when all apps are loaded.
    empty_text = lazy(_nothing_yet, SafeString)()
    namespace_path = "robot__namespace_id"
    organization_tab = "robots"
    list_display = ("robot_name", "who", "enabled", "level", "last_used_at")
    list_display_links = None
    list_filter = (TrustNamespaceFilter, "enabled", UsedFilter, "single_use")
    list_select_related = ("robot__namespace",)
    search_fields = (
        "robot__name",
        "robot__namespace__name",
        "name",
        "issuer",
        "subject",
    )
    search_help_text = "Robot, name, issuer or subject"
    actions = ("disable", "enable")

    @admin.display(description="robot account", ordering="robot__name")
    def robot_name(self, obj: Trust) -> SafeString:
        return format_html(
            '<a class="qs-trust-link" href="{}">{}</a>',
            robot_trusts_page(obj.robot_id, obj.pk),
            obj.robot.full_name,
        )

    @admin.display(description="lets in", ordering="subject")
    def who(self, obj: Trust) -> SafeString:
        return format_html(
            '<span class="qs-trust-who">{}<br><small>{}{}</small></span>',
            obj.subject,
            f"{obj.name}: " if obj.name else "",
            obj.issuer,
        )

    @admin.display(description="grade")
    def level(self, obj: Trust) -> SafeString:
        badge = BADGES[grade(obj.entry).level]
        return format_html(
            '<span class="qs-badge {}">{}</span>', badge.style, badge.text
        )

    @admin.action(description="Disable selected trusts", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Trust]) -> None:
        self._set_enabled(request, queryset, False)

    @admin.action(description="Enable selected trusts", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Trust]) -> None:
        self._set_enabled(request, queryset, True)

    def sees(self, request: HttpRequest, robot: Robot) -> bool:
        """Whether the person may look at the trusts of this robot."""
        reach = reach_of(request)
        if reach.sees_site or reach.administers(robot.namespace_id):
            return True
        return self.may(request, "change", robot)

    def may(self, request: HttpRequest, verb: str, robot: Robot) -> bool:
        """Whether the person may add, change or delete trusts of this robot."""
        return self._may(request, verb, Trust(robot=robot))

    def of(self, request: HttpRequest, robot: Robot) -> QuerySet[Trust]:
        """The robot's trusts that the person sees, in their order."""
        rows: QuerySet[Trust] = self.get_queryset(request)
        return rows.filter(robot=robot).order_by("position", "id")

    def get_actions(self, request: HttpRequest) -> Any:
        """None for who may look at trusts and change not one of them."""
        mine = self.changeable(request, self.get_queryset(request))
        return super().get_actions(request) if mine.exists() else {}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A trust is shown beside the others of its robot."""
        trust = self.get_object(request, unquote(object_id))
        if trust is None:
            self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(robot_trusts_page(trust.robot_id, trust.pk))

    def remove(self, request: HttpRequest, obj: Trust) -> None:
        remove_trust(obj, performer_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Each is added on the page of its robot."""
        return False

    def _set_enabled(
        self, request: HttpRequest, queryset: QuerySet[Trust], enabled: bool
    ) -> None:
        by = performer_of(request)
        with transaction.atomic():
            changed = list(queryset.filter(enabled=not enabled).order_by("robot_id"))
            for trust in changed:
                set_trust_enabled(trust, enabled, by)
        done = "enabled" if enabled else "disabled"
        self.message_user(request, f"Trusts {done}: {len(changed)}.", messages.SUCCESS)
