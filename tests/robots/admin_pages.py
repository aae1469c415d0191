"""How tests of the admin site address its pages and read what they answer."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from quaysite.models import User
from robots.models import (
    AppToken,
    AuditEvent,
    DefaultPermission,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)

ADDRESS = "198.51.100.7"
"""Where the signed-in person sits, as audit events must have it."""

CONFIRMED = {"answered": "yes", "confirm": "confirm"}
"""What the page that asks before a deletion in bulk sends."""


MODELS: list[type[Model]] = [
    AppToken,
    AuditEvent,
    DefaultPermission,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
    User,
    Group,
]
"""Every model that has pages."""

AUTOCOMPLETED = [
    ("repository", "namespace"),
    ("repositorypermission", "repository"),
    ("repositorypermission", "robot"),
    ("repositorypermission", "team"),
    ("repositorypermission", "user"),
]
"""Pairs of a model and a field of it in whose box one types to choose."""


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args
    )


def post(client: Client, url: str, data: dict[str, Any]) -> Any:
    return client.post(url, data, REMOTE_ADDR=ADDRESS)


def act(
    client: Client, model: type[Model], action: str, *rows: Model, **data: Any
) -> Any:
    """Carry out an action of the list on these rows, and read the next page."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **data}
    return client.post(
        page(model, "changelist"), chosen, follow=True, REMOTE_ADDR=ADDRESS
    )


def delete(client: Client, row: Model) -> Any:
    """Confirm the deletion of one row, and read the next page."""
    url = page(type(row), "delete", row.pk)
    return client.post(url, {"post": "yes"}, follow=True, REMOTE_ADDR=ADDRESS)


def errors_of(response: Any) -> dict[str, list[str]]:
    """The errors on a form that came back; it must have come back."""
    assert response.status_code == 200
    errors: dict[str, list[str]] = dict(response.context["adminform"].form.errors)
    assert errors
    return errors


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def events_by_admin() -> list[tuple[str, dict[str, Any]]]:
    """Kind and facts of what the signed-in person did; checks who, and where from."""
    events = AuditEvent.objects.filter(performer_kind="user").order_by("id")
    for event in events:
        assert event.performer_name == "admin"
        assert event.performer_user_id is not None
        assert event.address == ADDRESS
        assert event.request_id
    return [(event.kind, event.facts) for event in events]
