"""What the audit keeps of people who sign in to the site, or fail to."""

from datetime import timedelta

from django.utils import timezone

from quaysite.lifecycle.people import own_namespace
from quaysite.models import User
from registryauth.people_login import can_be_person, find_person
from robots import audit
from robots.audit import Performer
from robots.identity import ANONYMOUS
from robots.models import AuditEvent, Namespace
from robots.origin import Origin
from robots.text import is_storable

MAX_FAILURES = 20
"""Failures of one person that are kept in FAILURE_WINDOW: anybody can cause them."""

FAILURE_WINDOW = timedelta(hours=1)

_MAX_USER_AGENT = 255
_TYPE = "quayauth"


def record_login(user: User, by: Performer, user_agent: str) -> None:
    """Somebody signed in."""
    audit.record(
        "login_success",
        by,
        own_namespace(user),
        type=_TYPE,
        kind="user",
        useragent=_kept(user_agent),
    )


def record_failed_login(
    username: str, reason: str, origin: Origin, user_agent: str
) -> None:
    """Somebody tried to sign in as a person that there is, MAX_FAILURES at most."""
    if not can_be_person(username):
        return
    person = find_person(username)
    own = Namespace.objects.filter(owner_id=person.pk).first() if person else None
    if own is None or _failures(own) >= MAX_FAILURES:
        return
    audit.record(
        "login_failure",
        Performer.caller(ANONYMOUS, origin),
        own,
        type=_TYPE,
        kind="user",
        username=own.name,
        message=reason,
        useragent=_kept(user_agent),
    )


def _failures(own: Namespace) -> int:
    since = timezone.now() - FAILURE_WINDOW
    events = AuditEvent.objects.filter(namespace=own, created_at__gt=since)
    return events.filter(kind="login_failure")[:MAX_FAILURES].count()


def _kept(user_agent: str) -> str:
    return user_agent[:_MAX_USER_AGENT] if is_storable(user_agent) else ""
