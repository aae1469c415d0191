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
"""Failures of one sort and namespace that are kept in FAILURE_WINDOW: anybody can
cause them."""

FAILURE_WINDOW = timedelta(hours=1)

_MAX_USER_AGENT = 255


def record_login(
    namespace: Namespace | None, by: Performer, user_agent: str, **facts: Any
) -> None:
    """Somebody logged in."""
    useragent = _kept(user_agent)
    audit.record("login_success", by, namespace, **facts, useragent=useragent)


def record_failure(
    namespace: Namespace | None, origin: Origin, user_agent: str, **facts: Any
) -> None:
    """Somebody tried to log in as what there is in `namespace`."""
    useragent = _kept(user_agent)
    record_bounded("login_failure", namespace, origin, **facts, useragent=useragent)


def record_bounded(
    kind: str, namespace: Namespace | None, origin: Origin, /, **facts: Any
) -> None:
    """Add an event that anybody can cause, unless there are MAX_FAILURES of its sort.

    Where it says which `check` failed that is part of the sort: a flood of one does
    not hide another.
    """
    since = timezone.now() - FAILURE_WINDOW
    events = AuditEvent.objects.filter(
        namespace=namespace, kind=kind, created_at__gt=since
    )
    if "check" in facts:
        events = events.filter(facts__check=facts["check"])
    if events[:MAX_FAILURES].count() < MAX_FAILURES:
        audit.record(kind, Performer.caller(ANONYMOUS, origin), namespace, **facts)


def _kept(user_agent: str) -> str:
    return user_agent[:_MAX_USER_AGENT] if is_storable(user_agent) else ""
