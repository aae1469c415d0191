"""Robots and robot tokens on the admin site: changed, disabled, deleted."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.models import Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import (
    act,
    delete,
    events_by_admin,
    messages_of,
    page,
    post,
)

ADD = "/admin/robots/robot/add/"


def changed_robot(robot: Robot, **fields: Any) -> dict[str, Any]:
    return {
        "description": robot.description,
        "metadata": json.dumps(robot.metadata),
        "enabled": "on",
        "expires_at_0": "",
        "expires_at_1": "",
        **fields,
    }


def test_a_changed_robot_is_stored_and_each_change_audited(
    admin_client: Client, cast: Cast
) -> None:
    url = page(Robot, "change", cast.ci.pk)
    data = changed_robot(
        cast.ci,
        description="new text",
        metadata='{"a": 1}',
        expires_at_0="2031-01-02",
        expires_at_1="03:04:05",
    )
    del data["enabled"]

    assert post(admin_client, url, data).status_code == 302

    cast.ci.refresh_from_db()
    assert (cast.ci.description, cast.ci.metadata) == ("new text", {"a": 1})
    assert cast.ci.enabled is False
    assert cast.ci.expires_at is not None and cast.ci.expires_at.year == 2031
    assert events_by_admin() == [
        ("disable_robot", {"robot": "ci"}),
        (
            "change_robot",
            {
                "robot": "ci",
                "description": "new text",
                "metadata": {"a": 1},
                "expires_at": "2031-01-02T03:04:05+00:00",
            },
        ),
    ]


def test_saving_a_robot_unchanged_writes_no_event(
    admin_client: Client, cast: Cast
) -> None:
    url = page(Robot, "change", cast.ci.pk)

    assert post(admin_client, url, changed_robot(cast.ci)).status_code == 302

    assert events_by_admin() == []


def test_name_and_namespace_of_a_robot_stay_whatever_is_posted(
    admin_client: Client, cast: Cast
) -> None:
    other = factories.organization("other")
    data = changed_robot(cast.ci, name="stolen", namespace=other.pk, description="x")

    post(admin_client, page(Robot, "change", cast.ci.pk), data)

    cast.ci.refresh_from_db()
    assert (cast.ci.name, cast.ci.namespace_id) == ("ci", cast.acme.pk)
    assert cast.ci.description == "x"


def test_a_robot_whose_full_name_grew_too_long_can_still_be_changed(
    admin_client: Client, cast: Cast
) -> None:
    robot, _ = factories.robot(cast.bob.personal_namespace, "r" * 200)
    cast.bob.username = "b" * 200
    cast.bob.save()

    saved = post(
        admin_client,
        page(Robot, "change", robot.pk),
        changed_robot(robot, description="still here"),
    )

    robot.refresh_from_db()
    assert saved.status_code == 302
    assert robot.description == "still here"


def test_robots_are_disabled_and_enabled_in_bulk(
    admin_client: Client, cast: Cast
) -> None:
    both = (cast.ci, cast.reader)

    off = act(admin_client, Robot, "disable", *both)
    again = act(admin_client, Robot, "disable", *both)
    disabled = set(Robot.objects.filter(enabled=False))
    on = act(admin_client, Robot, "enable", cast.ci)

    assert messages_of(off) == ["Robots disabled: 2."]
    assert messages_of(again) == ["Robots disabled: 0."]
    assert messages_of(on) == ["Robots enabled: 1."]
    assert disabled == set(both)
    assert list(Robot.objects.filter(enabled=False)) == [cast.reader]
    assert events_by_admin() == [
        ("disable_robot", {"robot": "ci"}),
        ("disable_robot", {"robot": "reader"}),
        ("enable_robot", {"robot": "ci"}),
    ]


def test_a_robot_is_deleted_with_its_tokens(admin_client: Client, cast: Cast) -> None:
    response = delete(admin_client, cast.ci)

    assert response.status_code == 200
    assert not Robot.objects.filter(pk=cast.ci.pk).exists()
    assert not RobotToken.objects.filter(robot_id=cast.ci.pk).exists()
    assert events_by_admin() == [("delete_robot", {"robot": "ci"})]


def test_robots_are_deleted_in_bulk(admin_client: Client, cast: Cast) -> None:
    response = act(
        admin_client, Robot, "delete_selected", cast.ci, cast.reader, post="yes"
    )

    assert response.status_code == 200
    assert not Robot.objects.filter(namespace=cast.acme).exists()
    assert events_by_admin() == [
        ("delete_robot", {"robot": "ci"}),
        ("delete_robot", {"robot": "reader"}),
    ]


def test_a_mirror_robot_is_not_deleted_and_the_page_says_why(
    admin_client: Client, cast: Cast
) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()

    one = delete(admin_client, cast.ci)
    many = act(admin_client, Robot, "delete_selected", cast.ci, cast.reader, post="yes")

    for response in (one, many):
        assert response.status_code == 200
        assert "would require deleting the following protected" in (
            response.content.decode()
        )
        assert "acme/web" in response.content.decode()
    assert Robot.objects.filter(namespace=cast.acme).count() == 2
    assert events_by_admin() == []


def test_a_robot_that_becomes_a_mirror_robot_meanwhile_is_kept_with_a_message(
    admin_client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's own look at dependents is switched off: the deed must refuse too."""
    cast.web.mirror_robot = cast.ci
    cast.web.save()
    monkeypatch.setattr(
        "django.contrib.admin.options.get_deleted_objects",
        lambda *args: ([], {}, set(), []),
    )

    one = delete(admin_client, cast.ci)
    many = act(admin_client, Robot, "delete_selected", cast.reader, cast.ci, post="yes")

    assert messages_of(one) == ["Robot is being used by a mirror"]
    assert messages_of(many) == ["Robot is being used by a mirror"]
    assert not LogEntry.objects.exists()
    assert Robot.objects.filter(namespace=cast.acme).count() == 2
    assert events_by_admin() == []


def test_deleting_a_token_revokes_it(admin_client: Client, cast: Cast) -> None:
    token = cast.ci.tokens.get()
    before = authenticate_robot("acme+ci", cast.ci_secret, timezone.now())

    assert delete(admin_client, token).status_code == 200

    assert before.name == "acme+ci"
    with pytest.raises(Unauthorized):
        authenticate_robot("acme+ci", cast.ci_secret, timezone.now())
    assert not cast.ci.tokens.exists()
    assert cast.reader.tokens.count() == 1
    ((kind, facts),) = events_by_admin()
    assert (kind, facts["robot"], facts["origin"]) == (
        "revoke_robot_token",
        "ci",
        "static",
    )


def test_tokens_can_be_neither_added_nor_changed(
    admin_client: Client, cast: Cast
) -> None:
    token = cast.ci.tokens.get()
    url = page(RobotToken, "change", token.pk)

    assert post(admin_client, page(RobotToken, "add"), {}).status_code == 403
    assert post(admin_client, url, {"origin": "federated"}).status_code == 403
    assert admin_client.get(url).status_code == 200
    assert RobotToken.objects.count() == 2
    token.refresh_from_db()
    assert token.origin == "static"


def test_without_a_model_permission_the_pages_are_forbidden(
    client: Client, cast: Cast
) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    client.force_login(cast.bob)

    assert client.get(page(Robot, "changelist")).status_code == 403
    assert (
        post(client, ADD, {"namespace": cast.acme.pk, "name": "builder"}).status_code
        == 403
    )
    assert delete(client, cast.ci).status_code == 403
    assert Robot.objects.filter(namespace=cast.acme).count() == 2


def test_people_who_are_not_staff_are_sent_to_sign_in(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)

    response = post(client, ADD, {"namespace": cast.acme.pk, "name": "builder"})

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
    assert not Robot.objects.filter(name="builder").exists()
