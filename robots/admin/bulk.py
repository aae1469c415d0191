"""Pages that ask before something is done to the robots ticked in the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest

from robots.models import Robot

MAX_AT_ONCE = 200
"""Robots: as many as the longest page of the list shows."""

_SENT = "answered"


@dataclass(frozen=True, slots=True)
class Bulk:
    """A page below the list, whose form carries the same action out, answered."""

    model_admin: Any
    request: HttpRequest
    title: str
    action: str
    robots: Sequence[Robot]

    def context(self) -> dict[str, Any]:
        return {
            **self.model_admin.admin_site.each_context(self.request),
            "title": self.title,
            "shell": self.model_admin.list_shell(self.request),
            "robots": self.robots,
            "action": self.action,
            "ticked": ACTION_CHECKBOX_NAME,
            "answered": _SENT,
            "target": self.request.get_full_path(),
            "back": self.request.get_full_path(),
        }


def is_sent(request: HttpRequest) -> bool:
    """Whether the page that asks has been answered."""
    return _SENT in request.POST


def chosen_robots(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Robot]
) -> list[Robot] | None:
    """What was ticked, in the order of locks; None, and a message, for too many."""
    robots = list(queryset.order_by("pk")[: MAX_AT_ONCE + 1])
    if len(robots) > MAX_AT_ONCE:
        text = f"Choose at most {MAX_AT_ONCE} robot accounts at a time."
        model_admin.message_user(request, text, messages.ERROR)
        return None
    return robots
