"""The columns of the table of robot accounts, and the facts of one of them."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from robots.admin.ends import local
from robots.admin.owned import NAMESPACE_PARAMETER, OwnedAdmin
from robots.admin.reach import reach_of
from robots.admin.robot_rows import COUNT, Grants
from robots.models import Robot

_SHOWN_DESCRIPTION = 60
_AUDITED = ("teams", "repositories", "authentication")
"""Columns for who may audit the namespace, as over the API."""

_SEES_SOME = "_robots_sees_some_grants"


class RobotColumns(OwnedAdmin):
    """How a robot is shown. Rows of the table carry a `Beside`."""

    list_display = (
        "full_name",
        "about",
        "teams",
        "repositories",
        "created",
        "last_used",
        "expires",
        "state",
        "authentication",
    )

    def sees_grants(self, request: HttpRequest, robot: Robot) -> bool:
        """Whether the person may audit the robot's namespace."""
        reach = reach_of(request)
        return reach.sees_site or reach.administers(robot.namespace_id)

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        if self.sees_some_grants(request):
            return shown
        return [name for name in shown if name not in _AUDITED]

    @admin.display(description="robot account", ordering="name")
    def full_name(self, obj: Robot) -> str:
        return obj.full_name

    @admin.display(description="description")
    def about(self, obj: Robot) -> str:
        return Truncator(obj.description).chars(_SHOWN_DESCRIPTION)

    @admin.display(description="teams")
    def teams(self, obj: Robot) -> str:
        grants = _grants(obj)
        return ", ".join(grants.teams) if grants else ""

    @admin.display(description="repositories", ordering=COUNT)
    def repositories(self, obj: Robot) -> int | str:
        grants = _grants(obj)
        return grants.repository_count if grants else ""

    @admin.display(description="created", ordering="created_at")
    def created(self, obj: Robot) -> SafeString:
        return day(obj.created_at)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, obj: Robot) -> SafeString | str:
        return day(obj.last_used_at) if obj.last_used_at else "never"

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, obj: Robot) -> SafeString | str:
        if obj.expires_at is None:
            return "never"
        if obj.expires_at <= timezone.now():
            return badge("expired", "bad")
        return day(obj.expires_at)

    @admin.display(description="enabled", ordering="enabled")
    def state(self, obj: Robot) -> SafeString:
        return badge("enabled", "good") if obj.enabled else badge("disabled", "warning")

    @admin.display(description="authentication")
    def authentication(self, obj: Robot) -> SafeString | str:
        grants = _grants(obj)
        if grants is None:
            return ""
        ways = grants.authentication or ["none"]
        return format_html_join(" ", "{}", ((badge(way),) for way in ways))

    def facts(self, request: HttpRequest, robot: Robot) -> list[tuple[str, Any]]:
        """What the page about a robot says of it, beside what can be changed."""
        used = robot.last_used_at
        return [
            ("Name", robot.full_name),
            ("State", self.state(robot)),
            ("Created", moment(robot.created_at)),
            ("Last used", moment(used) if used else "never"),
            ("Expires", moment(robot.expires_at) if robot.expires_at else "never"),
        ]

    def sees_some_grants(self, request: HttpRequest) -> bool:
        """Whether the list that is asked for has a robot that the person may audit.

        Asked several times for a request; the answer is kept there.
        """
        kept: bool | None = getattr(request, _SEES_SOME, None)
        if kept is None:
            kept = self._find_grants(request)
            setattr(request, _SEES_SOME, kept)
        return kept

    def _find_grants(self, request: HttpRequest) -> bool:
        reach = reach_of(request)
        name = request.GET.get(NAMESPACE_PARAMETER, "")
        if reach.sees_site:
            return True
        if name:
            return reach.administers(self.named_namespace(request, name))
        return Robot.objects.filter(namespace__in=reach.administered).exists()


def badge(text: str, kind: str = "") -> SafeString:
    """A word in a coloured box; `kind` is good, warning or bad."""
    named = f" qs-badge--{kind}" if kind else ""
    return format_html('<span class="qs-badge{}">{}</span>', named, text)


def day(at: datetime) -> SafeString:
    """A day, in the person's zone; the time of day is its title."""
    here = local(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        date_format(here, "DATETIME_FORMAT"),
        date_format(here, "j M Y"),
    )


def moment(at: datetime) -> SafeString:
    """A day and time, in the person's zone, and how far it is from now."""
    return format_html(
        '<time datetime="{}">{}</time> ({})',
        at.isoformat(),
        date_format(local(at), "j M Y, H:i"),
        naturaltime(at),
    )


def _grants(robot: Robot) -> Grants | None:
    beside = getattr(robot, "beside", None)
    return beside.grants if beside else None
