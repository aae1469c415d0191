"""verify_audit and seal_audit at a shell: what they print, and their exit codes."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.models import AuditEvent, AuditSeal
from tests.audit_triggers import backdate
from tests.robots.audit_chain.chains import chain, events, tamper

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_key(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = "o" * 40


def run(capsys: Captured, *arguments: str) -> tuple[int, str]:
    try:
        call_command(*arguments)
    except SystemExit as ended:
        return int(ended.code or 0), capsys.readouterr().out
    return 0, capsys.readouterr().out


def told(capsys: Captured, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, text = run(capsys, *arguments, "--json")
    return code, json.loads(text)


def test_a_sound_log(capsys: Captured) -> None:
    events(3)
    code, text = run(capsys, "seal_audit")
    head = str(AuditSeal.objects.get())
    assert (code, text) == (0, f"Sealed 3 events. Head: {head}\n")
    code, text = run(capsys, "verify_audit")
    assert (code, text) == (0, f"Sound: 3 events in 1 seal.\nHead: {head}\n")
    code, facts = told(capsys, "verify_audit", "--expect", head)
    assert (code, facts["sound"], facts["head"]) == (0, True, head)


def test_a_log_that_is_not_sound(capsys: Captured) -> None:
    ((first, *_),) = chain(seals=1)
    tamper("UPDATE robots_auditevent SET kind = 'x' WHERE id = %s", first)
    code, text = run(capsys, "verify_audit")
    assert code == 3
    assert text.startswith(f"event {first} was changed\nNOT SOUND: ")
    code, facts = told(capsys, "verify_audit")
    assert (code, facts["problem_count"]) == (3, 1)
    assert facts["problems"] == [
        {"what": "event", "number": first, "trouble": "was changed"}
    ]


def test_what_is_not_sealed_is_told(capsys: Captured) -> None:
    chain(seals=1)
    events(2)
    code, text = run(capsys, "verify_audit")
    assert code == 0
    assert "Not sealed yet: 2 events since 20" in text


def test_what_waits_too_long_for_a_seal_is_a_finding(
    settings: Settings, capsys: Captured
) -> None:
    chain(seals=1)
    events(1)

    def code_after(waited: timedelta, *arguments: str) -> int:
        sealed = AuditSeal.objects.latest("number").last_event
        unsealed = AuditEvent.objects.filter(pk__gt=sealed)
        backdate(unsealed, timezone.now() - waited)
        code, facts = told(capsys, "verify_audit", *arguments)
        assert facts["sealed_late"] is (code == 3)
        assert facts["sound"] is (code == 0)
        return code

    settings.USAGE_FLUSH_SECONDS = 60
    minute = timedelta(minutes=1)
    assert code_after(59 * minute) == 0
    assert code_after(61 * minute) == 3
    text = run(capsys, "verify_audit")[1]
    assert text.startswith("events wait for a seal longer than they may")
    assert "Not sealed yet: 1 event since 20" in text
    # A copy of last year; and who wants to know it sooner.
    assert code_after(365 * 1440 * minute, "--sealed-within", "0") == 0
    assert code_after(16 * minute, "--sealed-within", "15") == 3
    settings.USAGE_FLUSH_SECONDS = 3600
    assert code_after(179 * minute) == 0
    assert code_after(181 * minute) == 3
    settings.USAGE_FLUSH_SECONDS = 0
    assert code_after(24 * 60 * minute) == 0
    assert code_after(26 * 60 * minute) == 3
    run(capsys, "seal_audit")
    assert run(capsys, "verify_audit")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sealed-within", "-1"),
        ("--sealed-within", "99999999"),
        ("--from", "0"),
        ("--from", "7"),
        ("--expect", "1"),
        ("--expect", "x:" + "0" * 64),
        ("--expect", "0:" + "0" * 64),
        ("--expect", "1:" + "g" * 64),
        ("--expect", "1:" + "0" * 63),
        ("--from", "2", "--expect", "1:" + "0" * 64),
    ],
)
def test_wrong_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    chain(seals=2)
    with pytest.raises(CommandError) as caught:
        call_command("verify_audit", *arguments)
    assert caught.value.returncode == 2


def test_a_lost_key_needs_the_operators_word(
    settings: Settings, capsys: Captured
) -> None:
    chain(seals=1)
    settings.ROBOTS_SECRET_KEYS = "n" * 40
    events(1)
    with pytest.raises(CommandError, match="not in ROBOTS_SECRET_KEYS") as caught:
        call_command("seal_audit")
    assert caught.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("seal_audit", "--accept-head", "1:" + "0" * 64)
    assert AuditSeal.objects.count() == 1
    head = str(AuditSeal.objects.get())
    code, facts = told(capsys, "seal_audit", "--accept-head", head)
    assert (code, facts["sealed"]) == (0, 1)
    code, facts = told(capsys, "verify_audit")
    assert (code, facts["sound"], len(facts["retired_keys"])) == (0, True, 1)


def test_a_failing_destination_is_exit_code_3(
    settings: Settings, capsys: Captured
) -> None:
    chain(seals=1)
    settings.AUDIT_SHIP = ["file:///dev/null"]
    code, facts = told(capsys, "ship_audit")
    assert code == 3
    assert facts["shipped"] == [
        {
            "to": "file:///dev/null",
            "events": 0,
            "trouble": "it is not a regular file",
            "is_busy": False,
        }
    ]


def test_no_destination_is_no_failure(capsys: Captured) -> None:
    code, text = run(capsys, "ship_audit")
    assert (code, text) == (0, "AUDIT_SHIP names no destination.\n")
