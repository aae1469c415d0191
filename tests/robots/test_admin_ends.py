"""Ends on pages: typed in any zone, and shown even if no zone has them (H4)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from federation.models import Trust
from quaysite.models import User
from robots.models import Namespace, RepositoryPermission, Robot, RobotToken
from tests.conftest import Cast
from tests.robots.admin_pages import errors_of, page, post
from tests.robots.admin_people import events_by, signed_in

ZONES = ["Asia/Tokyo", "Pacific/Pago_Pago", "America/New_York", "Pacific/Kiritimati"]
TYPED = [
    ("0001-01-01", "00:00:00"),
    ("9999-12-31", "18:59:59"),
    ("1999-12-30", "00:00"),
]
STORED = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]
RULE = ["Enter a time of the years 2000 to 9998."]


def browser(user: User, zone: str) -> Client:
    client = signed_in(user)
    client.cookies["timezone"] = zone
    return client


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("day", "time"), TYPED, ids=str)
def test_an_end_that_some_zone_cannot_show_is_an_error_beside_its_box(
    zone: str, day: str, time: str, cast: Cast
) -> None:
    alice = browser(cast.alice, zone)
    split = {"expires_at_0": day, "expires_at_1": time}
    whole = f"{day}T{time[:5]}"
    ci = {"description": "", "enabled": "on", "metadata": "{}", **split}
    answer = post(alice, page(Robot, "change", cast.ci.pk), ci)
    _refused(errors_of(answer)["expires_at"])
    new = {"repository": cast.api.pk, "robot": cast.ci.pk, "role": 1, **split}
    answer = post(alice, page(RepositoryPermission, "add"), new)
    _refused(errors_of(answer)["expires_at"])
    made = {"name": "new", "metadata": "{}", "step": "create", "expires_at": whole}
    answer = post(alice, "/admin/robots/robot/add/?namespace=acme", made)
    _refused(answer.context["form"].errors["expires_at"])
    answer = post(
        alice,
        f"/admin/robots/robot/{cast.ci.pk}/permissions/",
        {"do": "review", "role": "read", "until": whole, "tick": [cast.api.pk]},
    )
    _refused(answer.context["form"].errors["until"])
    answer = post(
        alice,
        page(Namespace, "switch", cast.acme.pk),
        {"reason": "r", "ends_at": whole, "allowed": "", "act": "on"},
    )
    _refused(answer.context["form"].errors["ends_at"])
    assert events_by(cast.alice) == []


def _refused(errors: Any) -> None:
    assert list(errors) == RULE


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("end", STORED, ids=str)
def test_pages_show_such_ends_that_are_stored(
    zone: str, end: datetime, cast: Cast
) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=end)
    RepositoryPermission.objects.update(expires_at=end)
    RobotToken.objects.update(expires_at=end)
    trust = Trust.objects.create(
        robot=cast.ci, issuer="https://x.example", subject="s", expires_at=end
    )
    grant_row = RepositoryPermission.objects.filter(robot=cast.ci).get()
    alice = browser(cast.alice, zone)
    urls = [
        "/admin/",
        page(Robot, "changelist"),
        page(Robot, "changelist") + "?expiry=expired",
        page(Robot, "change", cast.ci.pk),
        f"/admin/robots/robot/{cast.ci.pk}/credentials/",
        f"/admin/robots/robot/{cast.ci.pk}/permissions/",
        f"/admin/robots/robot/{cast.ci.pk}/federation/",
        page(RepositoryPermission, "changelist"),
        page(RepositoryPermission, "change", grant_row.pk),
        page(RobotToken, "changelist"),
        page(RobotToken, "change", cast.ci.tokens.get().pk),
        page(Trust, "changelist"),
        page(Trust, "change", trust.pk),
        f"/admin/robots/repository/{cast.web.pk}/permissions/",
        f"/admin/robots/repository/{cast.web.pk}/access/",
        f"/admin/robots/team/{cast.team.pk}/permissions/",
    ]
    failed = {}
    for url in urls:
        try:
            status = alice.get(url, follow=True).status_code
        except OverflowError as error:
            failed[url] = repr(error)
        else:
            if status != 200:
                failed[url] = str(status)
    assert failed == {}


def test_a_stored_end_that_no_page_takes_can_be_replaced(cast: Cast) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=STORED[1])
    alice = browser(cast.alice, "Asia/Tokyo")
    data = {
        "description": "",
        "enabled": "on",
        "metadata": "{}",
        "expires_at_0": "2099-01-02",
        "expires_at_1": "09:00:00",
    }
    answer = post(alice, page(Robot, "change", cast.ci.pk), data)
    assert answer.status_code == 302
    cast.ci.refresh_from_db()
    assert cast.ci.expires_at == datetime(2099, 1, 2, tzinfo=UTC)
