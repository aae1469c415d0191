"""Who may do what with robots in the admin."""

from django.test import Client

from robots.credentials import digest
from robots.models import Robot
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import CONFIRMED, act, page, post


def assert_no_deed_is_done(client: Client, cast: Cast) -> None:
    """Whatever is posted about ci is refused, and its row and token stay."""
    for name in ("delete", "switch"):
        url = page(Robot, name, cast.ci.pk)
        answer = post(client, f"{url}?to=disabled", {"confirm": "confirm"})
        assert answer.status_code == 403
    for action in ("delete_selected", "regenerate", "disable"):
        act(client, Robot, action, cast.ci, **CONFIRMED, grace="0")
    cast.ci.refresh_from_db()
    assert cast.ci.enabled
    assert cast.ci.tokens.get().digest == digest(cast.ci_secret)


def test_staff_without_a_permission_look_and_change_nothing(
    client: Client, cast: Cast
) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    client.force_login(cast.bob)

    assert client.get(page(Robot, "changelist")).status_code == 200
    assert_no_deed_is_done(client, cast)


def test_s01_members_look_at_robots_and_touch_none(client: Client, cast: Cast) -> None:
    """What is beside a robot is for administrators, as over the API."""
    cast.ci.metadata = {"canary": "metadata"}
    cast.ci.save()
    client.force_login(cast.bob)

    body = client.get(page(Robot, "changelist"), {"namespace": "acme"}).content.decode()
    detail = client.get(page(Robot, "change", cast.ci.pk)).content.decode()
    sorted_by = client.get(page(Robot, "changelist"), {"o": "3.4.5"})

    assert "acme+ci" in body
    for hidden in (
        'name="_selected_action"',
        "popovertarget",
        "Create robot account",
        "canary",
        "column-repositories",
        "acme/web",
        ">web",
    ):
        assert hidden not in body
    assert "acme+ci" in detail
    assert "canary" not in detail and "Tokens" not in detail
    assert sorted_by.status_code == 200
    assert_no_deed_is_done(client, cast)


def test_s01_strangers_find_no_robot_under_any_address(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.charlie)

    for name in ("change", "delete", "switch", "permissions", "credentials"):
        url = page(Robot, name, cast.ci.pk)
        answer = post(client, f"{url}?to=disabled", {"confirm": "confirm"})
        assert answer.status_code == 404
    for action in ("delete_selected", "regenerate", "disable"):
        act(client, Robot, action, cast.ci, **CONFIRMED, grace="0")
    cast.ci.refresh_from_db()
    assert cast.ci.enabled
    assert cast.ci.tokens.get().digest == digest(cast.ci_secret)
    body = client.get(page(Robot, "changelist"), {"namespace": "acme"}).content
    assert b"acme" not in body.replace(b'value="acme"', b"").replace(
        b"namespace=acme", b""
    )


def test_an_administrator_of_one_organization_does_it_all_there_and_only_there(
    client: Client, cast: Cast
) -> None:
    other = factories.organization("other")
    foreign, _ = factories.robot(other, "foreign")
    client.force_login(cast.alice)

    act(client, Robot, "disable", cast.ci, foreign)
    act(client, Robot, "delete_selected", cast.reader, foreign, **CONFIRMED)

    foreign.refresh_from_db()
    assert foreign.enabled
    assert list(Robot.objects.filter(enabled=False)) == [cast.ci]
    assert not Robot.objects.filter(pk=cast.reader.pk).exists()
    url = page(Robot, "delete", foreign.pk)
    assert post(client, url, {"confirm": "confirm"}).status_code == 404
