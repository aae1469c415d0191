"""purge_expired: what has ended goes, in batches, and nothing else does."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.models import FederatedToken, Trust, UsedAssertion
from robots.lifecycle import ended
from robots.lifecycle.permissions import grant
from robots.models import (
    AuditEvent,
    ImportedSecret,
    PermissionChange,
    RepositoryPermission,
    Robot,
    RobotToken,
    TokenOrigin,
)
from robots.models.permission_changes import Change
from robots.roles import Role
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]

NOTHING = {
    "federated_tokens": 0,
    "used_assertions": 0,
    "static_tokens": 0,
    "imported_secrets": 0,
    "permissions": 0,
}


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
    """Three of each sort, of which one lives; an orphan; two static tokens."""
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
    for name, end in (("old", now), ("ending", now + timedelta(minutes=5))):
        RobotToken.objects.create(robot=cast.reader, digest=name * 2, expires_at=end)
    return cast


def test_what_has_ended_is_deleted_and_counted(
    leavings: Cast, capsys: Captured
) -> None:
    call_command("purge_expired")
    assert capsys.readouterr().out == (
        "Deleted 3 federated tokens, 2 used tokens of issuers, 1 static token,"
        " 0 imported secrets and 0 permissions.\n"
    )
    assert left() == ({"alive"}, {"alive"})
    static = RobotToken.objects.filter(origin=TokenOrigin.STATIC)
    assert static.filter(expires_at__isnull=True).count() == 2
    assert static.get(expires_at__isnull=False).digest == "endingending"
    assert FederatedToken.objects.count() == Trust.objects.count() == 1


def test_a_dry_run_counts_only(leavings: Cast, capsys: Captured) -> None:
    before = left()
    call_command("purge_expired", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out) == NOTHING | {
        "federated_tokens": 3,
        "used_assertions": 2,
        "static_tokens": 1,
        "dry_run": True,
    }
    call_command("purge_expired", "--dry-run")
    assert capsys.readouterr().out.startswith("Would delete 3 federated tokens")
    assert left() == before


def test_nothing_is_left_for_a_second_time(leavings: Cast, capsys: Captured) -> None:
    call_command("purge_expired")
    capsys.readouterr()
    call_command("purge_expired", "--json")
    assert json.loads(capsys.readouterr().out) == NOTHING | {"dry_run": False}


def test_many_go_in_batches_of_their_own_transactions(
    leavings: Cast, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(ended, "BATCH", 4)
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
    assert len(transactions) == 3 + 3 + 1 + 1 + 1


def permissions() -> set[str]:
    return {str(permission) for permission in RepositoryPermission.objects.all()}


def changes() -> list[tuple[dict[str, object], str, int, int | None, datetime | None]]:
    return [
        (
            change.event.facts,
            change.repository_name,
            change.change,
            change.before_role,
            change.before_until,
        )
        for change in PermissionChange.objects.order_by("id")
    ]


def test_ended_permissions_go_and_the_audit_tells_each(
    cast: Cast, capsys: Captured
) -> None:
    now = timezone.now()
    past, ahead = now - timedelta(days=1), now + timedelta(days=1)
    other = factories.organization("other")
    shop = factories.repository(other, "shop")
    for repository in (cast.web, cast.api):
        grant(repository, cast.charlie, Role.READ, factories.BY, past)
    grant(shop, cast.charlie, Role.ADMIN, factories.BY, past)
    grant(cast.public, cast.ci, Role.WRITE, factories.BY, past)
    grant(cast.public, cast.team, Role.WRITE, factories.BY, past)
    before = permissions() - {
        "charlie: read on acme/web",
        "charlie: read on acme/api",
        "charlie: admin on other/shop",
        "acme+ci: write on acme/public",
        "developers: write on acme/public",
    }
    grant(cast.public, cast.bob, Role.READ, factories.BY, ahead)
    count = AuditEvent.objects.count()
    call_command("purge_expired", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told == NOTHING | {"permissions": 5, "dry_run": False}
    assert permissions() == before | {"bob: read on acme/public"}
    charlie = {"username": "charlie", "counts": {"removed": 2}}
    gone = Change.REMOVED
    assert changes() == [
        (charlie, "web", gone, Role.READ, past),
        (charlie, "api", gone, Role.READ, past),
        (
            {"team": "developers", "counts": {"removed": 1}},
            *("public", gone, Role.WRITE, past),
        ),
        (
            {"username": "acme+ci", "counts": {"removed": 1}},
            *("public", gone, Role.WRITE, past),
        ),
        (
            {"username": "charlie", "counts": {"removed": 1}},
            *("shop", gone, Role.ADMIN, past),
        ),
    ]
    events = AuditEvent.objects.order_by("id")[count:]
    assert [(event.kind, event.namespace_name) for event in events] == [
        *[("purge_repo_permissions", "acme")] * 3,
        ("purge_repo_permissions", "other"),
    ]
    assert {event.performer_name for event in events} == {"manage.py purge_expired"}


def test_a_dry_run_leaves_permissions(cast: Cast, capsys: Captured) -> None:
    past = timezone.now() - timedelta(days=1)
    grant(cast.web, cast.charlie, Role.READ, factories.BY, past)
    before, events = permissions(), AuditEvent.objects.count()
    call_command("purge_expired", "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told == NOTHING | {"permissions": 1, "dry_run": True}
    assert (permissions(), AuditEvent.objects.count()) == (before, events)


def test_permissions_go_in_batches(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(ended, "BATCH", 2)
    past = timezone.now() - timedelta(days=1)
    for repository in (cast.web, cast.api, cast.public):
        grant(repository, cast.charlie, Role.READ, factories.BY, past)
    call_command("purge_expired", "--json")
    assert json.loads(capsys.readouterr().out)["permissions"] == 3
    counts = [facts["counts"] for facts, *_ in changes()]
    assert counts == [{"removed": 2}, {"removed": 2}, {"removed": 1}]


def test_no_permission_goes_without_its_event(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = timezone.now() - timedelta(days=1)
    grant(cast.web, cast.charlie, Role.READ, factories.BY, past)
    before = permissions()

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("audit is full")

    monkeypatch.setattr(AuditEvent, "save", refuse)
    with pytest.raises(RuntimeError, match="audit is full"):
        call_command("purge_expired")
    assert permissions() == before


def test_imported_secrets_that_nobody_used_in_time_go(
    cast: Cast, capsys: Captured
) -> None:
    now = timezone.now()
    for robot, end in ((cast.ci, now), (cast.reader, now + timedelta(minutes=5))):
        ImportedSecret.objects.create(
            robot=robot, salt="00" * 16, digest="0" * 32, expires_at=end
        )
    call_command("purge_expired", "--json")
    assert json.loads(capsys.readouterr().out)["imported_secrets"] == 1
    assert ImportedSecret.objects.get().robot == cast.reader
