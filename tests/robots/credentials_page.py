"""How tests of the page of credentials address it, and read what it answers."""

import base64
from typing import Any

from django.test import Client

from quaysite.models import User
from robots.credentials import Secret
from robots.freshness import SIGNED_IN_AT
from robots.models import AuditEvent, Robot

HOST = "registry.example.com"
"""The registry that robots log in to."""

SHOW = {"do": "show"}


def page(robot: Robot) -> str:
    return f"/admin/robots/robot/{robot.pk}/credentials/"


def signed_in(user: User, *, fresh: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    if not fresh:
        session = client.session
        session[SIGNED_IN_AT] -= 601
        session.save()
    return client


def forms_of(secret: Secret, robot: Robot) -> list[str]:
    """A secret in the forms in which a page may have it."""
    token = secret.reveal()
    basic = base64.b64encode(f"{robot.full_name}:{token}".encode()).decode()
    return [token, basic, basic[8:40], base64.b64encode(token.encode()).decode()[:40]]


def readings() -> list[dict[str, Any]]:
    """The facts of the events that tell of a token that was handed out."""
    events = AuditEvent.objects.filter(kind="read_robot_token").order_by("id")
    return [event.facts for event in events]
