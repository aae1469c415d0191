"""Many robots at once, from the menu of the list in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from robots import credentials
from robots.credentials import digest
from robots.freshness import SIGNED_IN_AT
from robots.models import Robot, RobotToken
from tests.conftest import Cast
from tests.robots.admin_pages import (
    CONFIRMED,
    act,
    events_by_admin,
    messages_of,
    page,
    post,
)


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


def test_robots_are_deleted_in_bulk(admin_client: Client, cast: Cast) -> None:
    asked = act(admin_client, Robot, "delete_selected", cast.ci, cast.reader)
    still = Robot.objects.filter(namespace=cast.acme).count()
    response = act(
        admin_client, Robot, "delete_selected", cast.ci, cast.reader, **CONFIRMED
    )

    assert still == 2
    assert "acme+ci" in asked.content.decode()
    assert messages_of(response) == ["Deleted: acme+ci, acme+reader."]
    assert not Robot.objects.filter(namespace=cast.acme).exists()
    assert events_by_admin() == [
        ("delete_robot", {"robot": "ci"}),
        ("delete_robot", {"robot": "reader"}),
    ]


def test_all_or_none_where_a_mirror_keeps_one_of_the_robots(
    admin_client: Client, cast: Cast
) -> None:
    """Whoever sends the form all the same is refused by the deed."""
    cast.web.mirror_robot = cast.reader
    cast.web.save()

    url = page(Robot, "delete", cast.reader.pk)
    one: Any = admin_client.post(url, {"confirm": "confirm"}, follow=True)
    many = act(
        admin_client, Robot, "delete_selected", cast.ci, cast.reader, **CONFIRMED
    )

    assert messages_of(one) == ["Robot is being used by a mirror"]
    assert messages_of(many) == ["Robot is being used by a mirror"]
    assert Robot.objects.filter(namespace=cast.acme).count() == 2
    assert events_by_admin() == []


@pytest.mark.parametrize("grace, live", [("0", 1), ("3600", 2)])
def test_tokens_are_regenerated_in_bulk_and_none_is_shown(
    admin_client: Client, cast: Cast, grace: str, live: int
) -> None:
    both = (cast.ci, cast.reader)
    before = set(RobotToken.objects.values_list("digest", flat=True))

    asked = act(admin_client, Robot, "regenerate", *both)
    odd = act(admin_client, Robot, "regenerate", *both, answered="yes", grace="-1")
    untouched = set(RobotToken.objects.values_list("digest", flat=True))
    done = act(admin_client, Robot, "regenerate", *both, answered="yes", grace=grace)

    assert "acme+ci" in asked.content.decode()
    assert list(odd.context["form"].errors) == ["grace"]
    assert untouched == before
    for robot in both:
        assert robot.tokens.count() == live
        newest = robot.tokens.exclude(digest__in=before).get()
        secret = credentials.unseal(bytes(newest.sealed or b""), newest.digest)
        assert secret is not None
        assert secret.reveal() not in done.content.decode()
    assert "Tokens regenerated: 2." in messages_of(done)[0]
    facts = {"grace": int(grace)} if grace != "0" else {}
    assert events_by_admin() == [
        ("regenerate_robot_token", {"robot": "ci", **facts}),
        ("regenerate_robot_token", {"robot": "reader", **facts}),
    ]


def test_tokens_that_are_regenerated_in_bulk_may_end(
    admin_client: Client, cast: Cast
) -> None:
    both = (cast.ci, cast.reader)
    answers = {"answered": "yes", "grace": "86400", "lifetime": "30"}
    act(admin_client, Robot, "regenerate", *both, **answers)
    month = timezone.now() + timedelta(days=30)
    for robot in both:
        old, new = robot.tokens.order_by("pk")
        assert old.is_replaced
        assert new.expires_at is not None
        assert abs(new.expires_at - month) < timedelta(minutes=1)


def test_s05_a_stale_session_regenerates_nothing(
    admin_client: Client, cast: Cast
) -> None:
    session = admin_client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    chosen = {"action": "regenerate", "_selected_action": [cast.ci.pk]}

    answer = post(
        admin_client, page(Robot, "changelist"), {**chosen, "answered": "y", "grace": 0}
    )

    assert answer["Location"].startswith("/sign-in/again/")
    assert cast.ci.tokens.get().digest == digest(cast.ci_secret)
    assert events_by_admin() == []


def test_more_robots_than_a_page_shows_are_not_done_at_once(
    admin_client: Client, cast: Cast
) -> None:
    Robot.objects.bulk_create(
        Robot(namespace=cast.acme, name=f"r{n:04}") for n in range(200)
    )
    first = Robot.objects.filter(namespace=cast.acme)[0]

    for action in ("delete_selected", "regenerate"):
        response = act(admin_client, Robot, action, first, select_across="1")
        text = "Choose at most 200 robot accounts at a time."
        assert messages_of(response) == [text]


def test_one_robot_is_switched_from_the_menu_of_its_row(
    admin_client: Client, cast: Cast
) -> None:
    url = page(Robot, "switch", cast.ci.pk)
    back = "_changelist_filters=namespace%3Dacme"

    off = post(admin_client, f"{url}?to=disabled&{back}", {})
    cast.ci.refresh_from_db()
    odd = [post(admin_client, f"{url}?to={to}", {}) for to in ("", "%00", "gone")]

    assert off["Location"] == "/admin/robots/robot/?namespace=acme"
    assert cast.ci.enabled is False
    assert [answer.status_code for answer in odd] == [404, 404, 404]
    assert admin_client.get(f"{url}?to=enabled").status_code == 405
    assert events_by_admin() == [("disable_robot", {"robot": "ci"})]
