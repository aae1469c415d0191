"""A robot that is changed or deleted in the admin, and its tokens."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.teams import add_member
from robots.models import Namespace, Robot, RobotToken
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, delete, events_by_admin, page, post


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
    """Renames refuse it by now; a row of before may have it."""
    home = cast.bob.personal_namespace
    robot, _ = factories.robot(home, "r" * 200)
    Namespace.objects.filter(pk=home.pk).update(name="b" * 200)

    saved = post(
        admin_client,
        page(Robot, "change", robot.pk),
        changed_robot(robot, description="still here"),
    )

    robot.refresh_from_db()
    assert saved.status_code == 302
    assert robot.description == "still here"


def test_a_robot_is_deleted_with_its_tokens(admin_client: Client, cast: Cast) -> None:
    url = page(Robot, "delete", cast.ci.pk)
    response = post(admin_client, url, {"confirm": "confirm"})

    assert response.status_code == 302
    assert not Robot.objects.filter(pk=cast.ci.pk).exists()
    assert not RobotToken.objects.filter(robot_id=cast.ci.pk).exists()
    assert events_by_admin() == [("delete_robot", {"robot": "ci"})]


@pytest.mark.parametrize(
    "word", ["", "Confirm", "confirm it", "\x00", "c" * 100_000], ids=len
)
def test_without_the_word_nothing_is_deleted_and_the_error_is_beside_the_field(
    admin_client: Client, cast: Cast, word: str
) -> None:
    url = page(Robot, "delete", cast.ci.pk)
    one = post(admin_client, url, {"confirm": word})
    many = act(
        admin_client,
        Robot,
        "delete_selected",
        cast.ci,
        cast.reader,
        answered="yes",
        confirm=word,
    )

    for response in (one, many):
        assert response.status_code == 200
        assert list(response.context["form"].errors) == ["confirm"]
    assert Robot.objects.filter(namespace=cast.acme).count() == 2
    assert events_by_admin() == []


def test_the_page_says_what_goes_with_a_robot(admin_client: Client, cast: Cast) -> None:
    add_member(cast.team, cast.ci, factories.BY)
    create_default_permission(cast.acme, cast.reader, Role.READ, factories.BY, cast.ci)

    response = act(admin_client, Robot, "delete_selected", cast.ci, cast.reader)

    counts = {one.robot.name: dict(one.counts) for one in response.context["lost"]}
    expected = {"repositories": 1, "default permissions": 1, "live tokens": 1}
    assert counts["ci"].items() >= (expected | {"teams": 1}).items()
    assert counts["reader"].items() >= (expected | {"teams": 0}).items()


def test_a_mirror_robot_is_not_deleted_and_the_page_says_why(
    admin_client: Client, cast: Cast
) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()

    one = admin_client.get(page(Robot, "delete", cast.ci.pk))
    many = act(admin_client, Robot, "delete_selected", cast.ci, cast.reader)

    for response in (one, many):
        assert response.status_code == 200
        assert "cannot be deleted" in response.content.decode()
        assert "acme/web" in response.content.decode()
        assert 'name="confirm"' not in response.content.decode()


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


def test_revoking_leads_back_to_the_robot(admin_client: Client, cast: Cast) -> None:
    url = page(RobotToken, "delete", cast.ci.tokens.get().pk)

    answer = post(admin_client, url, {"post": "yes"})

    assert answer["Location"] == page(Robot, "change", cast.ci.pk)
