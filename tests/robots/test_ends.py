"""What may be an end: a time that every zone can show (H4)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pytest_django.fixtures import Settings
from rest_framework.exceptions import ValidationError

from federation.entries import Entry
from federation.lifecycle import add_trusts
from robots.api.moments import Moment
from robots.ends import check_end, is_end
from robots.errors import DomainError
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.bulk_permissions import Wanted, change_permissions
from robots.lifecycle.permissions import grant
from robots.lifecycle.reviewed_permissions import Part, review
from robots.lifecycle.robots import change_robot, create_robot
from robots.lifecycle.switches import Terms, turn_on
from robots.lifecycle.tokens import add_token
from robots.models import AppToken, AuditEvent, Robot, RobotToken
from robots.roles import Role
from robots.selection import Named
from tests import factories
from tests.conftest import Cast

EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)
TOO_FAR = [
    datetime(1, 1, 1, tzinfo=EAST),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(9999, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=WEST),
]


@pytest.mark.parametrize("moment", TOO_FAR, ids=str)
def test_what_some_zone_cannot_show_is_no_end(moment: datetime) -> None:
    assert not is_end(moment)
    with pytest.raises(DomainError, match="until: a time of the years 2000 to 9998"):
        check_end("until", moment)


@pytest.mark.parametrize("moment", [FIRST, LAST], ids=str)
def test_an_end_can_be_shown_in_every_zone(moment: datetime) -> None:
    check_end("until", moment)
    check_end("until", None)
    assert {moment.astimezone(zone) for zone in (EAST, WEST)} == {moment}


@pytest.mark.parametrize("moment", TOO_FAR, ids=str)
def test_no_deed_stores_such_an_end(moment: datetime, cast: Cast) -> None:
    by, ci = factories.BY, cast.ci
    entry = Entry("https://issuer.example", "subject", expires_at=moment)
    wanted = Wanted(Role.READ, moment)
    part = Part(Named(("web",)), wanted)
    deeds: dict[str, Callable[[], object]] = {
        "create": lambda: create_robot(cast.acme, "new", by, expires_at=moment),
        "change": lambda: change_robot(ci, {"expires_at": moment}, by),
        "token": lambda: add_token(ci, by, moment),
        "grant": lambda: grant(cast.api, ci, Role.READ, by, moment),
        "bulk": lambda: change_permissions(cast.acme, ci, part.selection, wanted, by),
        "reviewed": lambda: review(cast.acme, ci, [part], by),
        "trust": lambda: add_trusts(ci, [entry], by),
        "switch": lambda: turn_on(cast.acme, Terms("why", moment), by),
    }
    before = AuditEvent.objects.count()
    for name, deed in deeds.items():
        with pytest.raises(DomainError):
            deed()
            pytest.fail(name)
    assert AuditEvent.objects.count() == before
    assert not Robot.objects.filter(name="new").exists()
    assert RobotToken.objects.filter(robot=ci).count() == 1
    assert ci.repository_permissions.get().repository == cast.web


@pytest.mark.parametrize("seconds", [8000 * 366 * 86_400, 10**12, 10**18])
def test_no_setting_ends_an_app_token_so_late(
    seconds: int, cast: Cast, settings: Settings
) -> None:
    settings.APP_SPECIFIC_TOKEN_EXPIRATION = seconds
    with pytest.raises(DomainError, match="APP_SPECIFIC_TOKEN_EXPIRATION: "):
        create_app_token(cast.alice, "laptop", factories.BY)
    assert not AppToken.objects.exists()


@pytest.mark.parametrize(
    "text", [*(moment.isoformat() for moment in TOO_FAR), "9999-12-31", "0001-01-01"]
)
def test_the_api_takes_no_such_end(text: str) -> None:
    with pytest.raises(ValidationError, match="a time of the years 2000 to 9998"):
        Moment().run_validation(text)


def test_an_end_over_the_api_may_be_in_any_zone() -> None:
    read = Moment().run_validation("2030-01-31T12:00:00+14:00")
    assert read == datetime(2030, 1, 30, 22, tzinfo=UTC)
