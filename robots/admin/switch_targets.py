"""The targets of emergency switches in the admin: their pages, found and listed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from robots.admin.lists import MAX_SEARCH
from robots.lookup import namespace_named, robot_named
from robots.models import EmergencySwitch, Namespace, Robot
from robots.switch_targets import Issuer, Target, issuer_named, target_of
from robots.switches import switches_on
from robots.text import is_storable

MAX_LISTED = 50
"""Switches that the site's page lists; a search finds the others."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A switch that is on, what its target is called, and where its page is."""

    switch: EmergencySwitch
    kind: str
    name: str
    url: str


def page_of(target: Target) -> str:
    """The address of the page of a target's switch."""
    match target:
        case Namespace():
            return reverse("admin:robots_namespace_switch", args=[target.pk])
        case Robot():
            return reverse("admin:robots_robot_emergency", args=[target.pk])
        case Issuer(url):
            return reverse("admin:issuer_switch", query={"issuer": url})
    return reverse("admin:site_switch")


def target_named(text: str) -> Target:
    """What somebody typed: an issuer's URL, the full name of a robot, or a namespace.

    Raises DomainError for what there is not, and for what is no URL.
    """
    if "://" in text:
        return issuer_named(text)
    return robot_named(text) if "+" in text else namespace_named(text)


def listed(search: str) -> list[Listed]:
    """The switches that are on but for the site's, by the age of their rows. One query.

    `search` is a part of a target's name or of a reason.
    """
    found = switches_on(timezone.now()).filter(site=None)
    found = found.select_related("namespace", "robot__namespace").order_by("id")
    return [_listed(switch) for switch in _matching(found, search)[:MAX_LISTED]]


def _matching(
    found: QuerySet[EmergencySwitch], search: str
) -> QuerySet[EmergencySwitch]:
    if not search:
        return found
    if len(search) > MAX_SEARCH or not is_storable(search):
        return found.none()
    namespace, plus, name = search.partition("+")
    if plus:
        return found.filter(
            robot__namespace__name__endswith=namespace, robot__name__startswith=name
        )
    fields = ("namespace__name", "robot__name", "robot__namespace__name")
    where = Q(issuer__icontains=search) | Q(reason__icontains=search)
    for field in fields:
        where |= Q(**{f"{field}__icontains": search})
    return found.filter(where)


def _listed(switch: EmergencySwitch) -> Listed:
    target: Any = target_of(switch)
    url = page_of(target)
    if isinstance(target, Issuer):
        return Listed(switch, "Issuer", target.url, url)
    kind = "Robot account" if isinstance(target, Robot) else "Organization"
    if isinstance(target, Namespace) and not target.is_organization:
        kind = "Person"
    return Listed(switch, kind, str(target), url)
