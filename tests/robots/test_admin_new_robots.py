"""New robots on the admin site, and the one sight of their tokens."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret
from robots.models import Namespace, Robot, RobotToken
from tests.conftest import Cast
from tests.robots.admin_pages import (
    errors_of,
    events_by_admin,
    page,
    post,
)

ADD = "/admin/robots/robot/add/"
TOKEN = re.compile(r"\b[A-Z0-9]{64}\b")


def new_robot(home: Namespace, **fields: Any) -> dict[str, Any]:
    return {
        "namespace": home.pk,
        "name": "builder",
        "description": "",
        "metadata": "{}",
        **fields,
    }


def test_a_new_robot_is_stored_audited_and_its_token_shown_exactly_once(
    admin_client: Client, cast: Cast
) -> None:
    added = post(
        admin_client,
        ADD,
        new_robot(cast.acme, description="builds", metadata='{"team": "core"}'),
    )

    robot = Robot.objects.get(namespace=cast.acme, name="builder")
    assert added.status_code == 302
    assert (robot.description, robot.metadata) == ("builds", {"team": "core"})
    first, second = (admin_client.get(page(Robot, "changelist")) for _ in range(2))
    (token,) = set(TOKEN.findall(first.content.decode()))
    assert robot.tokens.get().digest == credentials.digest(Secret(token))
    assert TOKEN.search(second.content.decode()) is None
    assert added.cookies["messages"]["httponly"]
    assert events_by_admin() == [
        (
            "create_robot",
            {
                "robot": "builder",
                "description": "builds",
                "unstructured_metadata": {"team": "core"},
            },
        )
    ]


def test_the_form_for_a_new_robot_can_be_sent_as_it_is_shown(
    admin_client: Client, cast: Cast
) -> None:
    form = admin_client.get(ADD).context["adminform"].form
    shown = {name: form[name].value() or "" for name in form.fields}

    data = {**shown, "namespace": cast.acme.pk, "name": "builder"}

    assert post(admin_client, ADD, data).status_code == 302
    assert Robot.objects.get(name="builder").metadata == {}


REFUSED_ROBOTS = {
    "name taken": ({"name": "ci"}, "__all__"),
    "capital letters": ({"name": "CI"}, "name"),
    "one letter": ({"name": "a"}, "name"),
    "empty name": ({"name": ""}, "name"),
    "NUL in the name": ({"name": "ab\x00c"}, "name"),
    "too long a name": ({"name": "a" * 256}, "name"),
    "too long with its namespace": ({"name": "a" * 254}, "name"),
    "plus in the name": ({"name": "acme+ci"}, "name"),
    "unknown namespace": ({"namespace": 10**30}, "namespace"),
    "namespace that is no number": ({"namespace": "\x00"}, "namespace"),
    "NUL in the description": ({"description": "a\x00b"}, "description"),
    "too long a description": ({"description": "d" * 256}, "description"),
    "metadata: no JSON": ({"metadata": "{"}, "metadata"),
    "metadata: a list": ({"metadata": "[1]"}, "metadata"),
    "metadata: null": ({"metadata": "null"}, "metadata"),
    "metadata: NaN": ({"metadata": '{"a": NaN}'}, "metadata"),
    "metadata: infinite number": ({"metadata": '{"a": 1e999}'}, "metadata"),
    "metadata: escaped NUL": ({"metadata": r'{"a": ["\u0000"]}'}, "metadata"),
    "metadata: NUL in a key": ({"metadata": r'{"\u0000": 1}'}, "metadata"),
    "metadata: lone surrogate": ({"metadata": r'{"a": "\ud800"}'}, "metadata"),
    "metadata: nested too deep": (
        {"metadata": '{"a":' * 9_000 + "1" + "}" * 9_000},
        "metadata",
    ),
    "metadata: number too long": (
        {"metadata": '{"a": %s}' % ("9" * 5_000)},
        "metadata",
    ),
    "metadata: too long": ({"metadata": '{"a": "%s"}' % ("x" * 70_000)}, "metadata"),
}


@pytest.mark.parametrize("fields, where", REFUSED_ROBOTS.values(), ids=REFUSED_ROBOTS)
def test_a_robot_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client, cast: Cast, fields: dict[str, Any], where: str
) -> None:
    before = (Robot.objects.count(), RobotToken.objects.count())

    response = post(admin_client, ADD, new_robot(cast.acme, **fields))

    assert where in errors_of(response)
    assert (Robot.objects.count(), RobotToken.objects.count()) == before
    assert events_by_admin() == []


def test_the_switch_that_disallows_robots_is_a_form_error(
    admin_client: Client, cast: Cast, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+mirror"]

    refused = post(admin_client, ADD, new_robot(cast.acme))
    allowed = post(admin_client, ADD, new_robot(cast.acme, name="mirror"))

    assert "Robot accounts have been disabled" in errors_of(refused)["__all__"][0]
    assert not Robot.objects.filter(name="builder").exists()
    assert allowed.status_code == 302
    assert Robot.objects.filter(name="mirror").exists()
