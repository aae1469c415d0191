"""Notifications, sent as a registry does, and what came of them."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

from robots.models import AuditEvent, Repository, RepositoryPermission, RepositoryUse
from robots.usage import usage
from tests.registryauth.envelopes import EVENT, envelope

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

URL = "/registry/notifications"
TOKEN = "n" * 40
OTHER_TOKEN = "o" * 40
V2 = "application/vnd.docker.distribution.events.v2+json"


def event(
    repository: str = "acme/web",
    action: str = "pull",
    actor: str = "acme+ci",
    when: datetime | None = None,
    **target: str,
) -> dict[str, Any]:
    """An event of this moment, unless told otherwise."""
    return {
        **EVENT,
        "action": action,
        "target": {**EVENT["target"], "repository": repository, **target},
        "actor": {"name": actor},
        "timestamp": (when or timezone.now()).isoformat(),
    }


def post(
    body: bytes,
    *,
    authorization: str | None = f"Bearer {TOKEN}",
    content_type: str = V2,
    method: str = "POST",
) -> "Response":
    headers = {"Authorization": authorization} if authorization is not None else {}
    client = Client(enforce_csrf_checks=True)
    return client.generic(method, URL, body, content_type, headers=headers)


def tell(*events: Any) -> None:
    """Send events, which are taken, and write what was noted."""
    response = post(envelope(*events))
    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    usage.flush()


def uses() -> list[tuple[str, str, str]]:
    """Who did what to which repository, as it is written."""
    return sorted(
        (str(row.robot or row.user), row.action, row.repository.full_name)
        for row in RepositoryUse.objects.select_related("repository__namespace")
    )


def stored() -> tuple[int, int, int, int]:
    """How many there are of what a notification may, or may not, make."""
    usage.flush()
    models = (Repository, RepositoryPermission, RepositoryUse, AuditEvent)
    return tuple(model._default_manager.count() for model in models)  # type: ignore[return-value]


def refusal(response: "Response") -> tuple[int, str]:
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    return response.status_code, json.loads(response.content)["message"]
