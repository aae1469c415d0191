"""What every page of the admin says while robots are stopped (rule R5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from robots.admin.reach import reach_of
from robots.admin.switch_targets import page_of
from robots.issuer_trusts import issuers_trusted
from robots.models import EmergencySwitch, Namespace, Robot
from robots.switch_targets import target_of
from robots.switches import switches_on

MAX_BANNERS = 4
"""Switches that the top of a page tells of; one more line says that there are more."""

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
    """What stops the robots of the whole site, for who is signed in. One query.

    Who sees the site is told of issuers too; others are where it concerns them.
    """
    if not request.user.is_authenticated:
        return []
    found = []
    if getattr(settings, "ROBOTS_DISALLOW", False):
        spared = len(getattr(settings, "ROBOTS_WHITELIST", ()))
        found.append(Banner(_stopped("This site", spared), _SETTING))
    sees_site = reach_of(request).sees_site
    wide = Q(site=True) | Q(issuer__isnull=False) if sees_site else Q(site=True)
    site_first = F("site").desc(nulls_last=True)
    rows = switches_on(timezone.now()).filter(wide).order_by(site_first, "id")
    return [*found, *_of_rows(list(rows[: MAX_BANNERS + 1]), sees_site)]


def stopped_note(
    request: HttpRequest, namespace: Namespace, robot: Robot | None = None
) -> str:
    """What stands above the pages of a namespace, and of one robot, that are stopped.

    Which issuers its robots trust is for its administrators; who sees the site has
    been told of all issuers. One query.
    """
    reach = reach_of(request)
    about = Q(namespace=namespace)
    if robot is not None:
        about |= Q(robot=robot)
    if reach.administers(namespace) and not reach.sees_site:
        robots = Robot.objects.filter(namespace=namespace)
        about |= Q(issuer__in=issuers_trusted(robots))
    found = switches_on(timezone.now()).filter(about).order_by("id")
    found = found.select_related("namespace", "robot__namespace")
    return " ".join(f"{_text(switch)} {_reason(switch)}" for switch in found)


def _of_rows(rows: list[EmergencySwitch], sees_site: bool) -> Iterator[Banner]:
    for switch in rows[:MAX_BANNERS]:
        url = page_of(target_of(switch)) if sees_site else ""
        yield Banner(_text(switch), _reason(switch), url)
    if len(rows) > MAX_BANNERS:
        yield Banner("Tokens of more issuers are stopped.", "", page_of(None))


def _text(switch: EmergencySwitch) -> str:
    spared, ends_at = len(switch.allowed_names), switch.ends_at
    if switch.robot is not None:
        until = _until(ends_at)
        return f"{switch.robot} is stopped{until}: none of its tokens works."
    if switch.issuer is not None:
        those = f"no robot but {spared}" if spared else "no robot"
        until = _until(ends_at)
        return f"Tokens of {switch.issuer} are stopped{until}: {those} may use them."
    where = switch.namespace.name if switch.namespace else "This site"
    return _stopped(where, spared, ends_at)


def _stopped(where: str, spared: int, ends_at: datetime | None = None) -> str:
    """How many are spared, not which: the site's list names other people's robots."""
    those = f"none but {spared}" if spared else "none"
    until = _until(ends_at)
    return f"{where}'s robots are stopped{until}: {those} may be created or log in."


def _until(ends_at: datetime | None) -> str:
    return f" (until {_shown(ends_at)})" if ends_at else ""


def _reason(switch: EmergencySwitch) -> str:
    return f"{switch.reason} ({switch.turned_on_by}, {_shown(switch.turned_on_at)})"


def _shown(time: datetime) -> str:
    return date_format(timezone.localtime(time), "DATETIME_FORMAT")
