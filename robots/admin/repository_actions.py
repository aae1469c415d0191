"""Actions on chosen repositories that ask first."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from robots.admin.creating import CreatingAdmin
from robots.admin.performer import performer_of
from robots.lifecycle.repository_changes import set_visibility
from robots.models import Repository
from robots.roles import Visibility

MAX_AT_ONCE = 1_000
"""Repositories of one action: each is a change and an event of its own."""

_NAMED = 20
"""How many the page that asks names."""


class VisibilityActions(CreatingAdmin):
    """Make the chosen repositories public, or private."""

    actions: ClassVar[tuple[str, ...]] = ("make_public", "make_private")  # type: ignore[misc]

    @admin.action(description="Make public", permissions=["change"])
    def make_public(
        self, request: HttpRequest, queryset: QuerySet[Repository]
    ) -> HttpResponse | None:
        return self._set(request, queryset, Visibility.PUBLIC)

    @admin.action(description="Make private", permissions=["change"])
    def make_private(
        self, request: HttpRequest, queryset: QuerySet[Repository]
    ) -> HttpResponse | None:
        return self._set(request, queryset, Visibility.PRIVATE)

    def _set(
        self,
        request: HttpRequest,
        chosen: QuerySet[Repository],
        visibility: Visibility,
    ) -> HttpResponse | None:
        rows = chosen.exclude(visibility=visibility)
        number = rows.count()
        if not number:
            text = f"What was chosen is {visibility.label} already."
            self.message_user(request, text, messages.INFO)
            return None
        if number > MAX_AT_ONCE:
            text = f"Choose at most {MAX_AT_ONCE} repositories at a time."
            self.message_user(request, text, messages.ERROR)
            return None
        if request.POST.get("confirmed") != "yes":
            return self._ask(request, rows, number, visibility)
        by = performer_of(request)
        for repository in rows:
            set_visibility(repository, visibility, by)
        text = f"Repositories made {visibility.label}: {number}."
        self.message_user(request, text, messages.SUCCESS)
        return None

    def _ask(
        self,
        request: HttpRequest,
        rows: QuerySet[Repository],
        number: int,
        visibility: Visibility,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"Make repositories {visibility.label}",
            "shell": self.list_shell(request),
            "opts": self.opts,
            "rows": rows[:_NAMED],
            "more": max(0, number - _NAMED),
            "number": number,
            "visibility": visibility.label,
            "is_public": visibility is Visibility.PUBLIC,
            "action": request.POST["action"],
            "checkbox": ACTION_CHECKBOX_NAME,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }
        page = "robots/admin/repository_visibility.html"
        return TemplateResponse(request, page, context)
