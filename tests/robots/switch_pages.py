"""The pages of emergency switches in the admin, and who is at them."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from quaysite.models import User
from robots.models import AuditEvent, Namespace
from tests import factories
from tests.robots.admin_pages import ADDRESS

SITE = "/admin/emergency-switch/"

TERMS = {"reason": "a token leaked", "ends_at": "", "allowed": ""}


def own(namespace: Namespace) -> str:
    return reverse("admin:robots_namespace_switch", args=[namespace.pk])


def post(client: Client, url: str, act: str, **changed: str) -> Any:
    data = {**TERMS, "act": act, **changed}
    return client.post(url, data, REMOTE_ADDR=ADDRESS)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff(name: str, *permissions: str) -> User:
    user = factories.user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def kinds() -> list[tuple[str, str, str | None]]:
    """Kind, namespace and address of what was done with switches."""
    events = AuditEvent.objects.filter(kind__endswith="emergency_switch").order_by("id")
    return [(e.kind, e.namespace_name, e.address) for e in events]
