"""What the audit keeps of logins: each success, and failures up to a bound."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from robots import audit
from robots.audit import Performer
from robots.identity import ANONYMOUS
from robots.models import AuditEvent, Namespace
from robots.origin import Origin
from robots.text import is_storable

MAX_FAILURES = 20
"""Failures of one namespace that are kept in FAILURE_WINDOW: anybody can cause them."""

FAILURE_WINDOW = timedelta(hours=1)

_MAX_USER_AGENT = 255


def record_login(
    namespace: Namespace | None, by: Performer, user_agent: str, **facts: Any
) -> None:
    """Somebody logged in."""
    useragent = _kept(user_agent)
    audit.record("login_success", by, namespace, **facts, useragent=useragent)


def record_failure(
    namespace: Namespace, origin: Origin, user_agent: str, **facts: Any
) -> None:
    """Somebody tried to log in as what there is in `namespace`."""
    if _failures(namespace) < MAX_FAILURES:
        nobody = Performer.caller(ANONYMOUS, origin)
        useragent = _kept(user_agent)
        audit.record("login_failure", nobody, namespace, **facts, useragent=useragent)


def _failures(namespace: Namespace) -> int:
    since = timezone.now() - FAILURE_WINDOW
    events = AuditEvent.objects.filter(namespace=namespace, created_at__gt=since)
    return events.filter(kind="login_failure")[:MAX_FAILURES].count()


def _kept(user_agent: str) -> str:
    return user_agent[:_MAX_USER_AGENT] if is_storable(user_agent) else ""
