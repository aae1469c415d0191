"""GET /metrics: what the database says of the site, and what asking it costs."""

import platform
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

import quaysite
from quaysite.metrics.inventory import inventory
from quaysite.notices.sending import channels, send_notices
from quaysite.readiness import probe
from robots import audit_backlog, conf
from robots.audit_chain.sealing import Sealer
from robots.audit_shipping.shipping import ship_all
from robots.lifecycle.expiry_notices import note_due
from robots.models import AppToken, EmergencySwitch, NoticeChannel, Robot, RobotToken
from tests.conftest import Cast
from tests.quaysite.scraping import TOKEN, names_in, number, scrape
from tests.receivers import hook
from tests.robots.audit_chain.chains import chain, events
from tests.robots.audit_shipping.receivers import free_port


@pytest.fixture(autouse=True)
def forgetful(settings: Settings) -> None:
    """With a token, and nothing remembered of other tests."""
    settings.METRICS_TOKEN = TOKEN
    inventory.forget()
    probe.forget()


def test_state_of_the_site(cast: Cast, client: Client) -> None:
    now = timezone.now()
    enabled = Robot.objects.filter(enabled=True).count()
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=now + timedelta(hours=3))
    tokens = RobotToken.objects.filter(robot=cast.reader)
    tokens.update(expires_at=now + timedelta(days=5))
    AppToken.objects.create(
        user=cast.alice, title="x", digest="0" * 64, expires_at=now + timedelta(days=20)
    )
    AppToken.objects.create(
        user=cast.alice, title="y", digest="1" * 64, expires_at=now - timedelta(days=1)
    )
    numbers = scrape(client)
    assert number(numbers, "robots", state="enabled") == enabled
    assert number(numbers, "robots", state="disabled") == 0

    def expiring(kind: str) -> list[float]:
        return [
            number(numbers, "secrets_expiring", kind=kind, within=within)
            for within in ("1d", "7d", "30d")
        ]

    assert expiring("robot") == [1, 1, 1]
    assert expiring("robot_token") == [0, 1, 1]
    assert expiring("app_token") == [0, 0, 1]
    assert (
        number(
            numbers,
            "build_info",
            version=quaysite.__version__,
            python=platform.python_version(),
        )
        == 1
    )
    for gauge in ("ready", "database_up", "inventory_up", "workers"):
        assert number(numbers, gauge) == 1


def test_what_was_replaced_or_ends_with_its_robot_does_not_expire(
    cast: Cast, client: Client
) -> None:
    """As for notices: nobody has to do anything about it."""
    soon = timezone.now() + timedelta(hours=3)
    tokens = RobotToken.objects.filter(robot=cast.reader)
    tokens.update(expires_at=soon, is_replaced=True)
    RobotToken.objects.filter(robot=cast.ci).update(expires_at=soon)
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=soon)
    numbers = scrape(client)
    assert number(numbers, "secrets_expiring", kind="robot_token", within="1d") == 0
    assert number(numbers, "secrets_expiring", kind="robot", within="1d") == 1


def test_switches_are_counted_by_what_they_are_of(cast: Cast, client: Client) -> None:
    now = timezone.now()
    for target in (
        {"namespace": cast.acme},
        {"robot": cast.ci},
        {"robot": cast.reader},
        {"issuer": "https://issuer.example"},
    ):
        EmergencySwitch.objects.create(
            **target, reason="drill", turned_on_at=now, turned_on_by="alice"
        )
    numbers = scrape(client)
    found = {
        target: number(numbers, "emergency_switches_on", target=target)
        for target in ("site", "namespace", "robot", "issuer")
    }
    assert found == {"site": 0, "namespace": 1, "robot": 2, "issuer": 1}


def test_events_that_nobody_sealed_or_shipped_are_counted(
    db: None, client: Client, settings: Settings, tmp_path: Path
) -> None:
    away = f"syslog://127.0.0.1:{free_port()}"
    settings.AUDIT_SHIP = [f"file://{tmp_path}/audit.jsonl", away]
    chain(seals=1, each=3)
    ship_all()
    written = timezone.now()
    events(2)
    numbers = scrape(client)
    assert number(numbers, "audit_unsealed_events") == 2
    assert number(numbers, "audit_unshipped_events", destination="1") == 2
    assert number(numbers, "audit_unshipped_events", destination="2") == 5
    waited = (timezone.now() - written).total_seconds()
    assert 0 < number(numbers, "audit_unsealed_age_seconds") <= waited
    Sealer().seal()
    ship_all()
    inventory.forget()
    numbers = scrape(client)
    assert number(numbers, "audit_unsealed_events") == 0
    assert number(numbers, "audit_unsealed_age_seconds") == 0
    assert number(numbers, "audit_unshipped_events", destination="1") == 0
    assert number(numbers, "audit_unshipped_age_seconds", destination="1") == 0
    assert number(numbers, "audit_unshipped_events", destination="2") == 5
    assert number(numbers, "audit_unshipped_age_seconds", destination="2") > waited


def test_a_long_backlog_is_not_counted_to_its_end(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_backlog, "MOST", 4)
    events(6)
    assert number(scrape(client), "audit_unsealed_events") == 4


def test_notices_that_are_not_told_are_counted(
    cast: Cast, client: Client, settings: Settings
) -> None:
    now = timezone.now()

    def untold() -> list[float]:
        inventory.forget()
        numbers = scrape(client)
        return [
            number(numbers, "expiry_notices", channel="webhook", state=state)
            for state in ("waiting", "failed")
        ]

    with hook(settings) as receiver:
        assert untold() == [0, 0]
        for robot in (cast.ci, cast.reader):
            end = now + timedelta(days=5)
            Robot.objects.filter(pk=robot.pk).update(expires_at=end)
        assert untold() == [2, 0]
        note_due(NoticeChannel.WEBHOOK, conf.expiry_notice_days(), now)
        assert untold() == [2, 0]
        receiver.status = 503
        send_notices(channels(), timezone.now)
        assert untold() == [0, 2]
        receiver.status = 204
        send_notices(channels(), lambda: now + timedelta(minutes=10))
        assert untold() == [0, 0]


def test_the_database_is_counted_once_a_minute(
    cast: Cast,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine may take longer for ten scrapes than the second of a probe.
    monkeypatch.setattr("quaysite.readiness.MEMORY_SECONDS", 60)
    scrape(client)
    with django_assert_num_queries(0):
        for _ in range(10):
            scrape(client)


def test_counting_costs_a_few_statements(
    cast: Cast, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    probe.readiness()
    # Savepoint and its end, five counts, three of the audit; on PostgreSQL a timeout
    # and connections.
    with django_assert_num_queries(10 if connection.vendor == "sqlite" else 12):
        scrape(client)


def test_numbers_that_cannot_be_had_are_left_out(cast: Cast, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE robots_apptoken RENAME TO robots_gone")
    numbers = scrape(client)
    assert number(numbers, "inventory_up") == 0
    assert number(numbers, "database_up") == 1
    assert "quaysite_robots" not in names_in(numbers)
