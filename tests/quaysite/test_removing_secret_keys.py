"""rotate_secret_keys remove: a key goes when nothing needs it, or when it must."""

from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.models import AuditEvent
from tests.audit_triggers import backdate
from tests.conftest import Cast
from tests.quaysite.test_command_rotate_secret_keys import (
    NEW,
    NEW_ID,
    OLD,
    OLD_ID,
    Captured,
    answer,
    changed,
    old_key,
    refusal,
    run,
)
from tests.robots.audit_chain.chains import events

__all__ = ["changed", "old_key"]


def age_events(days: float) -> None:
    backdate(AuditEvent.objects.all(), timezone.now() - timedelta(days=days))


def test_an_older_key_goes_when_nothing_needs_it(
    changed: Cast, old_key: Path, capsys: Captured, settings: Settings
) -> None:
    settings.REGISTRY_REFRESH_TOKEN_LIFETIME = 30 * 24 * 3600
    assert "4 to be brought over" in refusal("remove", OLD_ID)
    assert run("reseal") == 0
    assert "refresh tokens of it may live until" in refusal("remove", OLD_ID)
    assert old_key.read_text() == f"{NEW},{OLD}\n"
    age_events(30.01)
    assert answer(capsys, "status")["keys"][1]["removable"] is True
    assert run("remove", OLD_ID) == 0
    assert old_key.read_text() == f"{NEW}\n"


def test_the_key_of_the_last_audit_seal_stays_until_there_is_another(
    changed: Cast, old_key: Path, settings: Settings
) -> None:
    """Else nothing would be sealed any more: what cannot be checked is not extended."""
    settings.ROBOTS_SECRET_KEYS = OLD
    call_command("seal_audit")
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    settings.REGISTRY_REFRESH_TOKEN_LIFETIME = 0
    assert run("reseal") == 0
    (needed,) = refusal("remove", OLD_ID).split(": ")[1:]
    assert needed == "the last audit seal is of it; seal_audit makes the next one"
    call_command("seal_audit")
    assert run("remove", OLD_ID) == 0
    settings.ROBOTS_SECRET_KEYS = NEW
    events(1)
    call_command("seal_audit")
    call_command("verify_audit")


def test_a_key_that_somebody_has_goes_at_once(changed: Cast, old_key: Path) -> None:
    assert run("remove", OLD_ID, "--now") == 0
    assert old_key.read_text() == f"{NEW}\n"


def test_the_current_key_is_never_removed(changed: Cast, old_key: Path) -> None:
    assert "it is the current key" in refusal("remove", NEW_ID)
    assert "is the current key" in refusal("remove", NEW_ID, "--now")
    assert old_key.read_text() == f"{NEW},{OLD}\n"


def test_a_key_that_was_current_meanwhile_is_not_removable(
    changed: Cast, settings: Settings, capsys: Captured
) -> None:
    """Back to the old key: what the new one signed since lives on."""
    assert run("reseal") == 0
    age_events(100)
    settings.ROBOTS_SECRET_KEYS = f"{OLD},{NEW}"
    facts = answer(capsys, "status")
    assert facts["signed_until"] is None
    assert facts["keys"][1]["removable"] is False
