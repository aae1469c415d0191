"""The admin where no copy of a token is kept: it is shown when made, or not made.

ROBOT_TOKENS_RETRIEVABLE is false in all of it.
"""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.fixtures import Settings

from robots.credentials import Secret, digest
from robots.freshness import SIGNED_IN_AT
from robots.models import AuditEvent, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, messages_of
from tests.robots.credentials_page import page, readings, signed_in

ADD = "/admin/robots/robot/add/?namespace=acme"
TOKEN = re.compile(r"\b[A-Z0-9]{64}\b")
MAKE = {"name": "builder", "description": "", "metadata": "{}", "step": "create"}
REVIEW = {**MAKE, "step": "review"}


@pytest.fixture(autouse=True)
def unreadable(settings: Settings) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False


def age(client: Client) -> None:
    """Make the session one of somebody who signed in long ago."""
    session = client.session
    session[SIGNED_IN_AT] -= 601
    session.save()


def staff_who_add_robots() -> Client:
    staff = factories.user("staff")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.add(
        *Permission.objects.filter(codename__in=("add_robot", "view_robot"))
    )
    return signed_in(staff)


def test_a_new_robot_has_its_token_shown_exactly_once(cast: Cast) -> None:
    client = signed_in(cast.alice)

    review = client.post(ADD, REVIEW).content.decode()
    made = client.post(ADD, MAKE)

    body = made.content.decode()
    robot = Robot.objects.get(namespace=cast.acme, name="builder")
    token = RobotToken.objects.get(robot=robot)
    shown = made.context["login"].token
    assert "It is shown once, as soon as the account is made" in review
    assert (made.status_code, token.sealed) == (200, None)
    assert token.digest == digest(Secret(shown))
    assert set(TOKEN.findall(body)) == {shown}
    assert "Robot account acme+builder was created." in body
    assert "no-store" in made["Cache-Control"]
    for address in (page(robot), "/admin/robots/robot/?namespace=acme", ADD):
        assert shown not in client.get(address).content.decode()
    again = client.post(ADD, MAKE)
    assert TOKEN.search(again.content.decode()) is None
    assert RobotToken.objects.filter(robot=robot).count() == 1
    assert shown not in str(list(AuditEvent.objects.values()))


def test_the_forms_beside_the_new_token_lead_to_the_page_of_credentials(
    cast: Cast,
) -> None:
    client = signed_in(cast.alice)
    made = client.post(ADD, MAKE)
    shown = made.context["login"].token
    own = page(Robot.objects.get(name="builder"))

    targets = re.findall(r'<form method="post" action="([^"]*)"', made.content.decode())
    sent = {"do": "download", "file": "docker", "token": shown}
    file = client.post(own, sent)

    assert targets and set(targets) == {own}
    assert file.status_code == 200
    assert list(json.loads(file.content)["auths"])
    assert readings() == [{"robots": ["builder"], "count": 1, "file": "docker"}]


def test_s05_a_stale_session_sees_no_new_token(cast: Cast) -> None:
    client = signed_in(cast.alice)
    age(client)

    asked = client.get(ADD)
    review = client.post(ADD, REVIEW).content.decode()
    made: Any = client.post(ADD, MAKE, follow=True)

    assert (asked.status_code, asked["Location"][:15]) == (302, "/sign-in/again/")
    assert "It is not shown, and no copy of it is kept" in review
    assert Robot.objects.filter(namespace=cast.acme, name="builder").exists()
    assert TOKEN.search(made.content.decode()) is None
    assert "Its token was not shown, and no copy of it is kept" in messages_of(made)[0]


def test_s05_staff_who_may_add_robots_alone_see_no_new_token(cast: Cast) -> None:
    client = staff_who_add_robots()
    age(client)

    asked = client.get(ADD)
    made: Any = client.post(ADD, MAKE, follow=True)

    assert asked.status_code == 200
    assert Robot.objects.filter(namespace=cast.acme, name="builder").exists()
    assert TOKEN.search(made.content.decode()) is None
    assert "whoever administers acme gets a new one" in messages_of(made)[0]


def test_tokens_of_many_are_not_regenerated_where_nobody_could_read_them(
    admin_client: Client, cast: Cast
) -> None:
    before = set(RobotToken.objects.values_list("digest", flat=True))

    asked = act(admin_client, Robot, "regenerate", cast.ci, cast.reader)
    answers = {"answered": "yes", "grace": "0", "lifetime": ""}
    done = act(admin_client, Robot, "regenerate", cast.ci, cast.reader, **answers)

    for answer in (asked, done):
        assert answer.status_code == 200
        assert "nobody could read the new ones" in messages_of(answer)[0]
    assert set(RobotToken.objects.values_list("digest", flat=True)) == before
    assert not AuditEvent.objects.filter(kind="regenerate_robot_token").exists()
