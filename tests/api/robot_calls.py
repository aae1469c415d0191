"""Calls about robots: where, and what they are refused with."""

from typing import Any

from robots.models import AuditEvent
from tests.api.client import Answer

ORG = "/api/v1/organization/acme/robots"
OWN = "/api/v1/user/robots"
UNKNOWN = '{"message":"Could not find robot with specified username"}'
READS = ["ci", "ci/permissions", "ci/tokens", "ci/access?repository=web"]


def refused(answer: Answer, status: int, kind: str, text: str | None = None) -> bool:
    """Whether the answer is shape A."""
    shown = (answer.status, answer.json["error_type"])
    return shown == (status, kind) and text in (None, answer.json["error_message"])


def events(kind: str) -> list[dict[str, Any]]:
    found = AuditEvent.objects.filter(kind=kind).order_by("id")
    own = {"oauth_token_id", "oauth_token_application_id", "oauth_token_application"}
    return [{k: v for k, v in e.facts.items() if k not in own} for e in found]
