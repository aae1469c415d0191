"""Which notices are due, and how often each is told."""

import json
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from robots.lifecycle.robots import change_robot, regenerate_token, set_enabled
from robots.lifecycle.tokens import MAX_GRACE, add_token, retire_token
from robots.models import ExpiryNotice, Namespace
from tests import factories
from tests.conftest import Cast
from tests.quaysite.expiry.notices import NOW, ends, send, told
from tests.receivers import Hook


@pytest.mark.parametrize(
    ("days", "notices"),
    [
        (31, []),
        (30, [30]),
        (8, [30]),
        (7, [7]),
        (5, [7]),
        (1, [1]),
        (0.1, [1]),
        (0, []),
    ],
)
def test_one_notice_fits_and_no_other_is_told(
    days: float, notices: list[int], cast: Cast, posts: Hook
) -> None:
    ends(cast.ci, days)
    for _ in range(2):
        send()
    assert told(posts) == [("acme+ci", ahead) for ahead in notices]


def test_a_month_goes_by(cast: Cast, posts: Hook) -> None:
    ends(cast.ci, 31)
    for hour in range(0, 32 * 24, 5):
        send(NOW + timedelta(hours=hour))
    assert told(posts) == [("acme+ci", 30), ("acme+ci", 7), ("acme+ci", 1)]
    send(NOW + timedelta(days=39))
    assert not ExpiryNotice.objects.exists()


def test_a_new_end_means_new_notices(cast: Cast, posts: Hook) -> None:
    ends(cast.ci, 0.5)
    send()
    later = {"expires_at": NOW + timedelta(days=6)}
    change_robot(cast.ci, later, factories.BY)
    send()
    send()
    assert told(posts) == [("acme+ci", 1), ("acme+ci", 7)]
    ids = {json.loads(post.body)["id"] for post in posts.posts}
    assert ids == {post.headers["Idempotency-Key"] for post in posts.posts}
    assert len(ids) == 2


@pytest.mark.parametrize("days", [[], [90], [2, 90]])
def test_the_days_are_a_setting(
    days: list[int], cast: Cast, posts: Hook, settings: Settings
) -> None:
    settings.EXPIRY_NOTICE_DAYS = days
    ends(cast.ci, 45)
    send()
    assert told(posts) == [("acme+ci", 90) for _ in days[-1:]]


def test_what_cannot_be_used_or_goes_with_its_robot_is_not_told(
    cast: Cast, posts: Hook
) -> None:
    soon = NOW + timedelta(days=3)
    token = add_token(cast.ci, factories.BY, soon).token
    outlived = add_token(cast.reader, factories.BY, soon).token
    ends(cast.reader, 2.9)
    assert send()["webhook"].told == 2
    thing = [json.loads(post.body) for post in posts.posts]
    assert [one["token_id"] for one in thing] == [None, token.pk]
    # The robot lasts longer by now: its token counts.
    ends(cast.reader, 20)
    set_enabled(cast.ci, False, factories.BY)
    other, _ = factories.robot(factories.organization("other"), "ci")
    ends(other, 3)
    Namespace.objects.filter(name="other").update(enabled=False)
    send()
    later = [json.loads(post.body) for post in posts.posts[2:]]
    assert {(one["robot"], one["token_id"]) for one in later} == {
        ("acme+reader", None),
        ("acme+reader", outlived.pk),
    }


def test_what_was_rotated_or_retired_in_time_is_not_told(
    cast: Cast, posts: Hook
) -> None:
    posts.status = 500
    old = add_token(cast.ci, factories.BY, NOW + timedelta(days=8)).token
    gone = add_token(cast.reader, factories.BY, NOW + timedelta(days=8)).token
    assert send()["webhook"].failed == 2
    posts.status = 200
    # Both were noted, and wait to be tried again.
    until = NOW + timedelta(days=60)
    regenerate_token(cast.ci, factories.BY, MAX_GRACE, until)
    retire_token(cast.reader, gone.pk, factories.BY)
    old.refresh_from_db()
    assert old.is_replaced
    for day in range(61):
        send(NOW + timedelta(days=day))
    new = cast.ci.tokens.get(is_replaced=False)
    messages = [json.loads(post.body) for post in posts.accepted]
    assert [(m["token_id"], m["days"]) for m in messages] == [
        (new.pk, 30),
        (new.pk, 7),
        (new.pk, 1),
    ]


def test_a_nearer_notice_takes_the_place_of_one_that_was_never_heard(
    cast: Cast, posts: Hook
) -> None:
    ends(cast.ci, 8)
    posts.status = 500
    send()
    posts.status = 200
    send(NOW + timedelta(days=1, hours=1))
    send(NOW + timedelta(days=2))
    assert told(posts) == [("acme+ci", 7)]
