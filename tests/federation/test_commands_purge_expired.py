"""purge_expired: what has ended goes, in batches, and nothing else does."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.management.commands import purge_expired
from federation.models import FederatedToken, Trust, UsedAssertion
from robots.models import Robot, RobotToken, TokenOrigin
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]


def federated(trust: Trust, name: str, end: datetime, *, known: bool = True) -> None:
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest=name,
        expires_at=end,
    )
    if known:
        FederatedToken.objects.create(token=token, trust=trust)


def used(robot: Robot, name: str, end: datetime) -> None:
    UsedAssertion.objects.create(robot=robot, digest=name, expires_at=end)


def left() -> tuple[set[str], set[str]]:
    """The digests of federated tokens, and of used tokens of issuers."""
    tokens = RobotToken.objects.filter(origin=TokenOrigin.FEDERATED)
    return (
        set(tokens.values_list("digest", flat=True)),
        set(UsedAssertion.objects.values_list("digest", flat=True)),
    )


@pytest.fixture
def leavings(cast: Cast) -> Cast:
    """Three of each sort, of which one lives; an orphan; an old static token."""
    trust = Trust(robot=cast.ci, issuer="https://issuer.example", subject="s")
    trust.save()
    now = timezone.now()
    for name, end in (
        ("dead", now - timedelta(seconds=1)),
        ("old", now - timedelta(days=90)),
        ("alive", now + timedelta(minutes=5)),
    ):
        federated(trust, name, end)
        used(cast.ci, name, end)
    federated(trust, "orphan", now + timedelta(minutes=5), known=False)
    RobotToken.objects.create(
        robot=cast.reader, digest="static", expires_at=now - timedelta(days=90)
    )
    return cast


def test_what_has_ended_is_deleted_and_counted(
    leavings: Cast, capsys: Captured
) -> None:
    call_command("purge_expired")
    told = "Deleted 3 federated tokens and 2 used tokens of issuers.\n"
    assert capsys.readouterr().out == told
    assert left() == ({"alive"}, {"alive"})
    assert RobotToken.objects.filter(origin=TokenOrigin.STATIC).count() == 3
    assert FederatedToken.objects.count() == Trust.objects.count() == 1


def test_a_dry_run_counts_only(leavings: Cast, capsys: Captured) -> None:
    before = left()
    call_command("purge_expired", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "federated_tokens": 3,
        "used_assertions": 2,
        "dry_run": True,
    }
    call_command("purge_expired", "--dry-run")
    assert capsys.readouterr().out.startswith("Would delete 3 federated tokens")
    assert left() == before


def test_nothing_is_left_for_a_second_time(leavings: Cast, capsys: Captured) -> None:
    call_command("purge_expired")
    capsys.readouterr()
    call_command("purge_expired", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "federated_tokens": 0,
        "used_assertions": 0,
        "dry_run": False,
    }


def test_many_go_in_batches_of_their_own_transactions(
    leavings: Cast, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(purge_expired, "BATCH", 4)
    trust, past = Trust.objects.get(), timezone.now() - timedelta(days=1)
    for number in range(7):
        federated(trust, f"more{number}", past)
        used(trust.robot, f"more{number}", past)
    with CaptureQueriesContext(connection) as queries:
        call_command("purge_expired", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["federated_tokens"], told["used_assertions"]) == (10, 9)
    assert left() == ({"alive"}, {"alive"})
    transactions = [q for q in queries if q["sql"].startswith("SAVEPOINT")]
    assert len(transactions) == 3 + 3
