"""The admin's front page: each person's own figures, at a constant cost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.models import Trust
from quaysite.dashboard.rows import EXCHANGE_FAILURE, LOGIN_FAILURE
from quaysite.models import User
from registryauth import signing
from registryauth.models import IssuedTokens
from robots.models import AuditEvent, Robot
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast

URL = "/admin/"


def shown_to(user: User) -> Any:
    """The context of the page."""
    client = Client()
    client.force_login(user)
    response = client.get(URL)
    assert response.status_code == 200
    return response.context


def numbers(context: Any) -> dict[str, int]:
    return {figure.title: figure.number for figure in context["figures"]}


@pytest.fixture
def other(cast: Cast) -> Robot:
    """A robot of an organization that nobody of the cast is in."""
    elsewhere = factories.organization("elsewhere")
    robot, _ = factories.robot(elsewhere, "spy")
    robot.expires_at = timezone.now() + timedelta(days=3)
    robot.save()
    for kind in (LOGIN_FAILURE, EXCHANGE_FAILURE):
        AuditEvent.objects.create(
            kind=kind,
            namespace=elsewhere,
            namespace_name="elsewhere",
            performer_kind="anonymous",
            performer_name="(anonymous)",
            facts={"robot": "elsewhere+spy"},
        )
    today = datetime.now(UTC).date()
    IssuedTokens.objects.create(day=today, namespace=elsewhere, count=7)
    IssuedTokens.objects.create(day=today, namespace=None, count=100)
    Trust.objects.create(robot=robot, issuer="https://secret.example", subject="s")
    return robot


def test_s01_an_administrator_counts_the_own_and_sees_nothing_else(
    cast: Cast, other: Robot
) -> None:
    cast.ci.last_used_at = timezone.now()
    cast.ci.save()
    today = datetime.now(UTC).date()
    IssuedTokens.objects.create(day=today, namespace=cast.acme, count=5)
    context = shown_to(cast.alice)
    assert list(numbers(context).values()) == [2, 1, 0, 0, 0]
    assert context["issued_total"] == 5
    assert context["lights"] == []
    assert [robot.full_name for robot in context["never_used"]] == ["acme+reader"]
    client = Client()
    client.force_login(cast.alice)
    page = client.get(URL).content.decode()
    assert "spy" not in page
    assert "secret.example" not in page


def test_who_only_belongs_to_an_organization_has_no_figures_of_it(cast: Cast) -> None:
    assert set(numbers(shown_to(cast.bob)).values()) == {0}


def test_staff_count_the_whole_site(cast: Cast, other: Robot) -> None:
    staff = factories.user("staff", is_staff=True)
    context = shown_to(staff)
    assert list(numbers(context).values()) == [3, 3, 1, 1, 1]
    assert context["issued_total"] == 107
    assert [light.name for light in context["lights"]] == [
        "Signing key",
        "https://secret.example",
    ]
    assert [light.level for light in context["lights"]] == ["good", "neutral"]


def test_old_days_disabled_and_expired_robots_are_left_out(
    cast: Cast, other: Robot
) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=31)
    IssuedTokens.objects.create(day=long_ago, namespace=cast.acme, count=5)
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False)
    past = timezone.now() - timedelta(minutes=1)
    Robot.objects.filter(pk=cast.reader.pk).update(expires_at=past)
    context = shown_to(cast.alice)
    assert context["issued_total"] == 0
    assert len(context["days"]) == 30
    assert list(numbers(context).values()) == [2, 0, 0, 0, 0]


def test_a_signing_key_that_is_gone_is_a_red_light(
    cast: Cast, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_KEYS_DIR = "/proc/nothing"
    lights = shown_to(factories.user("staff", is_staff=True))["lights"]
    assert [(light.level, light.state) for light in lights] == [("bad", "cannot sign")]


def test_a_rotation_that_nobody_does_is_a_warning(
    cast: Cast, settings: Settings, own_signing_keys: Path
) -> None:
    signing.active_key()
    settings.REGISTRY_SIGNING_KEY_DAYS = 8
    settings.REGISTRY_SIGNING_KEY_NOTICE_DAYS = 7

    def light(days: float) -> tuple[str, str]:
        """What is shown of a key that has signed for so long."""
        since = timezone.now() - timedelta(days=days)
        # A key signs since it was made at the earliest.
        born = f"{since:%Y%m%dT%H%M%S}-aged"
        for end in "pem", "crt":
            (found,) = own_signing_keys.glob(f"*.{end}")
            found.rename(own_signing_keys / f"{born}.{end}")
        (own_signing_keys / "active").write_text(f"{born}\n")
        marked = f"{born} {since.isoformat()}\n"
        (own_signing_keys / "activated").write_text(marked)
        signing.forget_keys()
        (one,) = shown_to(User.objects.get(username="staff"))["lights"]
        return one.level, one.state

    factories.user("staff", is_staff=True)
    assert light(days=1.9) == ("good", "signing")
    assert light(days=2.1) == ("warning", "rotation is late")
    settings.REGISTRY_SIGNING_KEY_DAYS = 0
    assert light(days=2.1) == ("good", "signing")


def test_the_page_costs_the_same_for_many_rows(cast: Cast, other: Robot) -> None:
    root = factories.user("root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(root)
    client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(URL)
    for n in range(40):
        robot, _ = factories.robot(cast.acme, f"bot{n}")
        Trust.objects.create(robot=robot, issuer=f"https://{n}.example", subject="s")
    with CaptureQueriesContext(connection) as many:
        client.get(URL)
    assert len(many) == len(few)
    assert len(many) <= 15


def follow(user: User) -> dict[str, tuple[int, int]]:
    """Each figure's number, and how many rows the list behind it has."""
    client = Client()
    client.force_login(user)
    found = {}
    for figure in client.get(URL).context["figures"]:
        answer = client.get(figure.url)
        assert answer.status_code == 200, figure.url
        found[figure.title] = figure.number, answer.context["cl"].result_count
    return found


def test_each_figure_leads_to_the_rows_that_it_counts(cast: Cast, other: Robot) -> None:
    """Among others that differ from them in one thing."""
    now = timezone.now()
    soon, past, late = (timedelta(days=days) for days in (3, -3, 90))
    robots: list[dict[str, Any]] = [
        {"expires_at": now + soon},
        {"expires_at": now + soon, "last_used_at": now},
        {"expires_at": now + soon, "enabled": False},
        {"expires_at": now + late},
        {"expires_at": now + past},
        {"last_used_at": now},
        {"enabled": False},
    ]
    for number, fields in enumerate(robots):
        robot, _ = factories.robot(cast.acme, f"bot{number}")
        Robot.objects.filter(pk=robot.pk).update(**fields)
    for kind in (LOGIN_FAILURE, LOGIN_FAILURE, EXCHANGE_FAILURE, "login_success"):
        for age in (0, 2):
            event = AuditEvent.objects.create(
                kind=kind, namespace=cast.acme, namespace_name="acme", facts={}
            )
            at = now - timedelta(days=age)
            backdate(AuditEvent.objects.filter(pk=event.pk), at)
    assert follow(cast.alice) == {
        "Robot accounts": (9, 9),
        "Never used": (4, 4),
        "Expiring in 30 days": (2, 2),
        "Refused logins today": (2, 2),
        "Refused exchanges today": (1, 1),
    }
    staff = factories.user("staff", is_staff=True)
    assert follow(staff) == {
        "Robot accounts": (10, 10),
        "Never used": (5, 5),
        "Expiring in 30 days": (3, 3),
        "Refused logins today": (3, 3),
        "Refused exchanges today": (2, 2),
    }
