"""Logs by API: where they are, and kinds of what they hold."""

from datetime import datetime

from robots.models import AuditEvent
from tests.api.client import Client
from tests.audit_triggers import backdate

ORG = "/api/v1/organization/acme/logs"
WEB = "/api/v1/repository/acme/web/logs"


def kinds(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status == 200, answer.text
    return [entry["kind"] for entry in answer.json["logs"]]


def moved(event: AuditEvent, moment: datetime) -> AuditEvent:
    backdate(AuditEvent.objects.filter(pk=event.pk), moment)
    return event
