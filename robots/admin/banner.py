"""What every page of the admin says while robots are stopped (rule R5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from robots.admin.reach import reach_of
from robots.models import EmergencySwitch, Namespace
from robots.switches import switches_on

_SETTING = "ROBOTS_DISALLOW is set; who runs the server can change that."


@dataclass(frozen=True, slots=True)
class Banner:
    """What is stopped, why, and where the switch is for who may look at it."""

    text: str
    reason: str
    url: str = ""


def context(request: HttpRequest) -> dict[str, Any]:
    """What the theme adds to the context of every page."""
    return {"banners": banners(request)}


def banners(request: HttpRequest) -> list[Banner]:
    """What stops the robots of the whole site, for who is signed in. One query."""
    if not request.user.is_authenticated:
        return []
    found = []
    if getattr(settings, "ROBOTS_DISALLOW", False):
        spared = len(getattr(settings, "ROBOTS_WHITELIST", ()))
        found.append(Banner(_stopped("This site", spared), _SETTING))
    switch = switches_on(timezone.now()).filter(site=True).first()
    if switch is not None:
        url = reverse("admin:site_switch") if reach_of(request).sees_site else ""
        found.append(Banner(_text("This site", switch), _reason(switch), url))
    return found


def namespace_note(namespace: Namespace) -> str:
    """What stands above the pages of a namespace whose switch is on. One query."""
    switch = switches_on(timezone.now()).filter(namespace=namespace).first()
    if switch is None:
        return ""
    return f"{_text(namespace.name, switch)} {_reason(switch)}"


def _text(where: str, switch: EmergencySwitch) -> str:
    return _stopped(where, len(switch.allowed_names), switch.ends_at)


def _stopped(where: str, spared: int, ends_at: datetime | None = None) -> str:
    """How many are spared, not which: the site's list names other people's robots."""
    until = f" (until {_shown(ends_at)})" if ends_at else ""
    those = f"none but {spared}" if spared else "none"
    return f"{where}'s robots are stopped{until}: {those} may be created or log in."


def _reason(switch: EmergencySwitch) -> str:
    return f"{switch.reason} ({switch.turned_on_by}, {_shown(switch.turned_on_at)})"


def _shown(time: datetime) -> str:
    return date_format(timezone.localtime(time), "DATETIME_FORMAT")
