"""What stands above every page about one thing: its name, and tabs to its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from robots.admin.banner import stopped_note
from robots.admin.reach import reach_of
from robots.models import Namespace, Robot


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of a thing. `key` is how its page says that it is this tab."""

    key: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Shell:
    """A name, the way up from it, its tabs, and which of them is open.

    `above` are pairs of a title and an address. `note` says what is unusual about
    the thing: that it is disabled, or has expired.
    """

    title: str
    above: Sequence[tuple[str, str]]
    tabs: Sequence[Tab]
    active: str
    note: str = ""


def organization_shell(
    request: HttpRequest, namespace: Namespace, active: str, robot: Robot | None = None
) -> Shell:
    """The tabs of an organization, or of a person's own namespace.

    Who only belongs to it gets no tab that would be empty. `robot` is the one that the
    page is about.
    """
    reach = reach_of(request)
    whole = reach.sees_site or reach.administers(namespace)
    tabs = [_list_tab("repositories", "Repositories", "repository", namespace)]
    if namespace.is_organization:
        tabs.append(_list_tab("teams", "Teams and membership", "team", namespace))
    tabs.append(_list_tab("robots", "Robot accounts", "robot", namespace))
    if whole and namespace.is_organization:
        title = "Default permissions"
        tabs.append(_list_tab("defaults", title, "defaultpermission", namespace))
    if whole:
        tabs.append(_list_tab("logs", "Logs", "auditevent", namespace))
    page = reverse("admin:robots_namespace_change", args=[namespace.pk])
    tabs.append(Tab("settings", "Settings", page))
    return Shell(
        title=namespace.name,
        above=[("Organizations", reverse("admin:robots_namespace_changelist"))],
        tabs=tabs,
        active=active,
        note=_note(request, namespace, robot),
    )


def _note(request: HttpRequest, namespace: Namespace, robot: Robot | None) -> str:
    disabled = "" if namespace.enabled else "Disabled: nobody logs in, pulls or pushes."
    return f"{disabled} {stopped_note(request, namespace, robot)}".strip()


def row_shell(
    organization: Shell, title: str, tabs: Sequence[Tab] = (), active: str = ""
) -> Shell:
    """Above the pages of one row: the way up, and the row's own tabs if it has any.

    A row without tabs of its own is shown in the organization's tab that lists it.
    """
    listed = [tab for tab in organization.tabs if tab.key == organization.active]
    up = [(tab.title, tab.url) for tab in listed]
    first = organization.tabs[0].url
    return Shell(
        title=title,
        above=[*organization.above, (organization.title, first), *up],
        tabs=tabs or organization.tabs,
        active=active if tabs else organization.active,
        note=organization.note,
    )


def organization_page(namespace: Namespace, model: str) -> str:
    """The address of the list of `model` (its lower-case name) of one namespace."""
    page = f"admin:robots_{model}_changelist"
    return reverse(page, query={"namespace": namespace.name})


def _list_tab(key: str, title: str, model: str, namespace: Namespace) -> Tab:
    return Tab(key, title, organization_page(namespace, model))
