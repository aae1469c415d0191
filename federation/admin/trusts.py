"""Trusts on the admin site: to be looked at, switched off and removed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from federation import trust_facts
from federation.lifecycle import remove_trust, set_trust_enabled
from federation.linter import Finding, grade
from federation.models import Trust
from robots.admin.deeds import DeedAdmin
from robots.admin.lists import NamespaceFilter
from robots.admin.performer import performer_of


class TrustNamespaceFilter(NamespaceFilter):
    path = "robot__namespace__name"


@admin.register(Trust)
class TrustAdmin(DeedAdmin):
    """What a trust says is changed by the namespace's administrators, over the API."""

    list_title = "Federation"
    namespace_path = "robot__namespace_id"
    organization_tab = "robots"

    list_display = (
        "robot_name",
        "who",
        "enabled",
        "level",
        "last_used_at",
    )
    list_filter = (TrustNamespaceFilter, "enabled", "single_use")
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
    fields = (
        "robot",
        "name",
        "issuer",
        "subject",
        "subject_match",
        "ignore_case",
        "for_whom",
        "asked_claims",
        "max_age",
        "single_use",
        "own_keys",
        "enabled",
        "expires_at",
        "findings",
        "created_at",
        "created_by",
        "last_used_at",
        "last_refused_at",
        "why_refused",
    )
    readonly_fields = fields

    @admin.display(description="robot account", ordering="robot__name")
    def robot_name(self, obj: Trust) -> str:
        return obj.robot.full_name

    @admin.display(description="lets in", ordering="subject")
    def who(self, obj: Trust) -> SafeString:
        return format_html(
            "{}<br><small>{}{}</small>",
            obj.subject,
            f"{obj.name}: " if obj.name else "",
            obj.issuer,
        )

    @admin.display(description="audiences")
    def for_whom(self, obj: Trust) -> SafeString | str:
        return _lines(obj.audiences) or "any"

    @admin.display(description="conditions")
    def asked_claims(self, obj: Trust) -> SafeString | str:
        return _lines(obj.entry.conditions) or "none"

    @admin.display(description="own keys")
    def own_keys(self, obj: Trust) -> SafeString | str:
        if not obj.keys:
            return "none: the issuer is asked"
        return _lines(trust_facts.of(obj.entry)["keys"]) or "none that can be used"

    @admin.display(description="last refusal")
    def why_refused(self, obj: Trust) -> str:
        return str(obj.last_refusal["reason"]) if obj.last_refusal else "-"

    @admin.display(description="grade")
    def level(self, obj: Trust) -> str:
        return grade(obj.entry).level.value

    @admin.display(description="grade")
    def findings(self, obj: Trust) -> SafeString | str:
        found = grade(obj.entry).findings
        return _lines(map(_said, found)) or "ok"

    @admin.action(description="Disable selected trusts", permissions=["switch"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Trust]) -> None:
        self._set_enabled(request, queryset, False)

    @admin.action(description="Enable selected trusts", permissions=["switch"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Trust]) -> None:
        self._set_enabled(request, queryset, True)

    def remove(self, request: HttpRequest, obj: Trust) -> None:
        remove_trust(obj, performer_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Who may change trusts by Django's permissions may switch them."""
        return super().has_change_permission(request)

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


def _lines(items: Iterable[object]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((str(item),) for item in items))


def _said(finding: Finding) -> str:
    return f"{finding.level.value}: {finding.reason}. {finding.cure}."
