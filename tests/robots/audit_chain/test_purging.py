"""purge_audit: what is old goes, and the rest is still proven."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.audit_chain import purging
from robots.audit_chain.sealing import Sealer
from robots.models import AuditEvent, AuditSeal, PermissionChange
from tests.audit_triggers import backdate
from tests.robots.audit_chain.chains import (
    bulk_event,
    chain,
    events,
    head,
    problems,
    tamper,
    verified,
)

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def old(db: None) -> list[int]:
    """Two seals of old events, with small print, and one of new ones."""
    ids = [bulk_event(), *events(2)]
    backdate(AuditEvent.objects.all(), timezone.now() - timedelta(days=100))
    Sealer().seal()
    more = events(3)
    long_ago = timezone.now() - timedelta(days=50)
    backdate(AuditEvent.objects.filter(pk__in=more), long_ago)
    Sealer().seal()
    chain(seals=1)
    return ids + more


def purge(*arguments: str, code: int = 0) -> None:
    try:
        call_command("purge_audit", *arguments)
    except SystemExit as ended:
        assert ended.code == code
    else:
        assert code == 0


def refusal(*arguments: str) -> str:
    before = AuditEvent.objects.count(), AuditSeal.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command("purge_audit", *arguments)
    assert caught.value.returncode == 2
    assert (AuditEvent.objects.count(), AuditSeal.objects.count()) == before
    return str(caught.value)


def test_old_seals_go_and_the_rest_is_proven(old: list[int]) -> None:
    noted = head()
    purge("--older-than", "30")
    assert not AuditEvent.objects.filter(pk__in=old).exists()
    assert not PermissionChange.objects.exists()
    report = verified(expected=noted)
    assert report.is_sound
    assert (report.seals, report.events) == (4, 4)
    assert (report.purged_seals, report.purged_events) == (2, 6)
    event = AuditEvent.objects.get(kind="purge_audit")
    assert event.performer_name == "manage.py purge_audit"
    facts = event.facts
    assert (facts["events"], facts["seals"], facts["last_event"]) == (6, 2, old[-1])
    (told,) = report.purges
    assert (told.seal, told.purged_event, told.by) == (4, old[-1], event.performer_name)
    kept = AuditSeal.objects.get(number=1)
    assert (kept.event_count, bytes(kept.leaves)) == (3, b"")
    assert len(kept.digest) == 64


def test_only_whole_seals_that_are_old_enough_go(old: list[int]) -> None:
    purge("--older-than", "70")
    assert AuditEvent.objects.filter(pk__in=old).count() == 3
    purge("--older-than", "30")
    assert not AuditEvent.objects.filter(pk__in=old).exists()
    report = verified()
    assert (report.is_sound, len(report.purges), report.purged_events) == (True, 2, 6)


def test_nothing_old_changes_nothing(old: list[int], capsys: Captured) -> None:
    before = AuditSeal.objects.count()
    purge("--older-than", "400")
    assert capsys.readouterr().out == "Deleted 0 events.\n"
    assert AuditSeal.objects.count() == before
    assert not AuditEvent.objects.filter(kind="purge_audit").exists()


def test_a_dry_run_tells_and_changes_nothing(old: list[int], capsys: Captured) -> None:
    purge("--older-than", "30", "--dry-run", "--json", code=3)
    assert json.loads(capsys.readouterr().out) == {
        "events": 6,
        "seals": 2,
        "last_event": old[-1],
        "last_seal": 2,
        "dry_run": True,
    }
    assert AuditEvent.objects.filter(pk__in=old).count() == 6
    assert AuditSeal.objects.count() == 3


def test_what_goes_is_exported_before(old: list[int], tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl"
    purge("--older-than", "30", "--export", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["id"] for line in lines] == old
    seal = AuditSeal.objects.get(number=1)
    assert (lines[0]["seal"], lines[0]["head"]) == (1, seal.hash)
    assert [change[0] for change in lines[0]["changes"]] == ["web", "api"]
    assert (lines[1]["kind"], lines[1]["changes"]) == ("create_robot", [])


def test_an_export_that_cannot_be_written_deletes_nothing(
    old: list[int], tmp_path: Path
) -> None:
    file = tmp_path / "old.jsonl"
    file.write_text("precious")
    said = refusal("--older-than", "30", "--export", str(file))
    assert said == "--export: File exists. Nothing is deleted."
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE robots_auditevent SET kind = 'x' WHERE id = %s",
        "DELETE FROM robots_auditevent WHERE id = %s",
        "UPDATE robots_auditseal SET event_count = 9 WHERE first_event <= %s",
    ],
)
def test_traces_of_a_change_are_not_purged(old: list[int], change: str) -> None:
    tamper(change, old[4])
    assert "nothing is purged" in refusal("--older-than", "30")


@pytest.mark.parametrize("days", ["0", "-1", "36501"])
def test_days_have_bounds(days: str) -> None:
    said = refusal(f"--older-than={days}")
    assert said == "--older-than: from 1 to 36500 days."


def test_what_is_not_shipped_is_kept(
    old: list[int], settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_SHIP = [f"file://{tmp_path}/audit.jsonl"]
    assert "not all of these events were shipped" in refusal("--older-than", "30")
    call_command("ship_audit")
    purge("--older-than", "30")
    assert not AuditEvent.objects.filter(pk__in=old).exists()
    call_command("ship_audit")
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert ids == sorted({*ids, *old})
    assert ids[-1] == AuditEvent.objects.get(kind="purge_audit").pk


def test_an_unshipped_purge_has_to_be_asked_for(
    old: list[int], settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_SHIP = [f"file://{tmp_path}/audit.jsonl"]
    purge("--older-than", "30", "--not-shipped")
    assert not AuditEvent.objects.filter(pk__in=old).exists()


def test_a_purge_that_is_killed_is_finished_by_the_next_one(
    old: list[int], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    delete, begun = purging._delete_events, []

    def killed(alias: str, seal: AuditSeal) -> int:
        begun.append(seal)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return delete(alias, seal)

    monkeypatch.setattr(purging, "_delete_events", killed)
    with pytest.raises(KeyboardInterrupt):
        call_command("purge_audit", "--older-than", "30")
    report = verified()
    assert (report.is_sound, report.left_to_purge) == (True, 3)
    monkeypatch.setattr(purging, "_delete_events", delete)
    purge("--older-than", "30")
    assert "Deleted 3 events." in capsys.readouterr().out
    report = verified()
    assert (report.is_sound, report.left_to_purge, len(report.purges)) == (True, 0, 1)


def test_somebody_who_seals_meanwhile_loses_nothing(
    old: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server's seal comes between what the purge saw and what it adds."""
    add = Sealer.add
    lost: list[int] = []

    def outrun_once(sealer: Sealer, seal: AuditSeal) -> bool:
        if seal.purged_event is None or lost:
            return add(sealer, seal)
        lost.append(seal.number)
        return False

    monkeypatch.setattr(Sealer, "add", outrun_once)
    purge("--older-than", "30")
    assert lost == [4]
    assert AuditEvent.objects.filter(kind="purge_audit").count() == 1
    assert verified().is_sound


def test_purged_seals_stay_part_of_the_chain(old: list[int]) -> None:
    purge("--older-than", "30")
    tamper("UPDATE robots_auditseal SET event_count = 9 WHERE number = 1")
    assert problems() == ["seal 1 was changed"]


def test_an_intruder_cannot_pass_a_deletion_off_as_a_purge(old: list[int]) -> None:
    tamper("UPDATE robots_auditseal SET purged_event = %s WHERE number = 3", old[2])
    tamper("DELETE FROM robots_auditevent WHERE id <= %s", old[2])
    assert problems() == ["seal 3 was changed"]


def test_a_false_seal_does_not_let_a_purge_delete(old: list[int]) -> None:
    tamper("UPDATE robots_auditseal SET purged_event = %s WHERE number = 2", old[2])
    assert "seal 2 was changed: nothing is purged" in refusal("--older-than", "60")
    assert AuditEvent.objects.filter(pk__in=old).count() == 6


@pytest.mark.parametrize("place", [0, 4, "before all"])
def test_an_event_that_is_put_where_others_were_purged_is_found(
    old: list[int], place: int | str
) -> None:
    purge("--older-than", "30")
    pk = -7 if isinstance(place, str) else old[place]
    _insert(pk)
    assert problems() == [f"event {pk} was inserted"]


def test_a_purge_that_was_not_finished_hides_no_inserted_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = events(3)
    tamper("DELETE FROM robots_auditevent WHERE id = %s", ids[1])
    backdate(AuditEvent.objects.all(), timezone.now() - timedelta(days=100))
    Sealer().seal()
    chain(seals=1)

    def killed(alias: str, seal: AuditSeal) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(purging, "_delete_events", killed)
    with pytest.raises(KeyboardInterrupt):
        call_command("purge_audit", "--older-than", "30")
    assert problems() == []
    _insert(ids[1])
    assert problems() == [f"event {ids[1]} was inserted"]


def _insert(pk: int) -> None:
    """A copy of the newest event under another id."""
    columns = (
        "kind, namespace_name, repository_name, performer_kind, performer_name,"
        " request_id, created_at, facts"
    )
    tamper(
        f"INSERT INTO robots_auditevent (id, {columns}) SELECT %s, {columns} FROM"  # noqa: S608
        " robots_auditevent WHERE id = (SELECT MAX(id) FROM robots_auditevent)",
        pk,
    )
