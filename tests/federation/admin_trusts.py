"""How tests address the Federation pages of a robot, and fill in their forms."""

import re
from html import unescape
from typing import Any

from django.test import Client

from federation.models import Trust
from robots.models import Robot
from tests.robots.admin_pages import ADDRESS

ISSUER = "https://keycloak-auth-realm.quayadmin.org/realms/quayrealm"
SUBJECT = "449e14f8-9eb5-4d59-a63e-b7a77c75f770"

CHECKBOXES = ("ignore_case", "single_use", "enabled")


def home(robot: Robot, *rest: object) -> str:
    """A robot's Federation tab, or a page below it."""
    below = "".join(f"{part}/" for part in rest)
    return f"/admin/robots/robot/{robot.pk}/federation/{below}"


def filled(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What a browser would send of the form at `url` after these changes.

    A change of None takes a field away, as an unticked checkbox is not sent.
    """
    form = client.get(url).context["form"]
    data: dict[str, Any] = {}
    for part in (form, form.conditions.management_form, *form.conditions):
        for field in part:
            value = field.value()
            if field.widget_type == "checkbox":
                value = "on" if value else None
            data[field.html_name] = field.field.widget.format_value(value)
            if field.widget_type in {"select", "checkbox"}:
                data[field.html_name] = value
    data |= changes
    return {name: value for name, value in data.items() if value is not None}


def send(client: Client, url: str, data: dict[str, Any]) -> Any:
    """POST as the browser does."""
    return client.post(url, data, REMOTE_ADDR=ADDRESS)


def add(client: Client, robot: Robot, **changes: Any) -> Any:
    """Fill in the form of a new trust and save it."""
    url = home(robot, "add")
    given = {"issuer": ISSUER, "subject": SUBJECT, **changes}
    return send(client, url, filled(client, url, **given))


def change(client: Client, trust: Trust, **changes: Any) -> Any:
    """Change fields of a trust and save them."""
    url = home(trust.robot, trust.pk, "change")
    return send(client, url, filled(client, url, **changes))


def errors_of(response: Any) -> dict[str, list[str]]:
    """What stands beside the fields of a form that came back."""
    assert response.status_code == 200
    form = response.context["form"]
    found = {name: list(map(str, errors)) for name, errors in form.errors.items()}
    for row in getattr(form, "conditions", ()):
        for name, errors in row.errors.items():
            found[f"{row.prefix}-{name}"] = list(map(str, errors))
    if hasattr(form, "conditions") and form.conditions.non_form_errors():
        found["conditions"] = list(map(str, form.conditions.non_form_errors()))
    assert found
    return found


def text_of(response: Any) -> str:
    """What a person reads on the page, in one line."""
    assert response.status_code == 200
    words = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(unescape(words).split())
