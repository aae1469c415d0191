"""rotate_secret_keys: what each deed says, stores, tells the audit and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import (
    Details,
    create_application,
    read_client_secret,
    reset_client_secret,
)
from quaysite.models import Application
from registryauth.robot_login import authenticate_robot
from robots import audit, credentials, keyring
from robots.audit import Performer
from robots.identity import Kind
from robots.lifecycle.app_tokens import create_app_token
from robots.models import AuditEvent, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.robots.ledger import unchanged

Captured = pytest.CaptureFixture[str]

OLD = "the old key of the site that is as long as it takes"
NEW = "the new key of the site that is as long as it takes"
OLD_ID, NEW_ID = keyring.key_id_of(OLD), keyring.key_id_of(NEW)
COMMAND = "quaysite.management.commands.rotate_secret_keys"
NOTHING = {"robots": 0, "people": 0, "applications": 0}
NOBODY: dict[str, list[str]] = {"robots": [], "people": [], "applications": []}


@pytest.fixture
def old_key(settings: Settings, tmp_path: Path) -> Path:
    """The site made its key itself, in this file."""
    settings.ROBOTS_SECRET_KEYS = OLD
    path = tmp_path / "robots_secret_keys"
    path.write_text(f"{OLD}\n")
    settings.ROBOTS_SECRET_KEYS_MADE = path
    return path


@pytest.fixture
def changed(old_key: Path, cast: Cast, settings: Settings) -> Cast:
    """One of each kind of secret is under the old key; the new one is current."""
    create_app_token(cast.bob, "laptop", factories.BY)
    create_application(cast.acme, Details("shop"), factories.BY)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    old_key.write_text(f"{NEW},{OLD}\n")
    return cast


def run(*arguments: str) -> int:
    try:
        call_command("rotate_secret_keys", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def answer(captured: Captured, *arguments: str, code: int = 0) -> dict[str, Any]:
    captured.readouterr()
    assert run(*arguments, "--json") == code
    facts: dict[str, Any] = json.loads(captured.readouterr().out)
    return facts


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("rotate_secret_keys", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_status_tells_what_is_under_each_key(changed: Cast, capsys: Captured) -> None:
    facts = answer(capsys, "status")
    current, older = facts["keys"]
    assert current == {
        "id": NEW_ID,
        "state": "current",
        "rows": NOTHING,
        "removable": False,
        "needed_for": [],
    }
    assert older["rows"] == {"robots": 2, "people": 1, "applications": 1}
    assert older["removable"] is False
    assert older["needed_for"] == [
        "4 to be brought over by reseal",
        "reseal has not been run since the current key is first",
    ]
    assert facts["to_reseal"] == older["rows"]
    assert facts["unopened"] == facts["waiting"] == NOBODY
    assert run("status") == 0
    text = capsys.readouterr().out
    assert "2 robot tokens, 1 application token, 1 client secret" in text
    assert OLD not in text
    assert NEW not in text


def test_status_tells_who_has_yet_to_log_in(changed: Cast, capsys: Captured) -> None:
    RobotToken.objects.filter(robot=changed.ci).update(sealed=None)
    RobotToken.objects.filter(robot=changed.reader).update(sealed=None, key_id="")
    facts = answer(capsys, "status")
    assert facts["waiting"]["robots"] == ["acme+ci", "acme+reader"]
    assert facts["unknown"]["robots"] == 1
    assert facts["keys"][1]["needed_for"][1:3] == [
        "1 wait for a login, or for their end",
        "1 under a key that only a login tells",
    ]
    assert run("status") == 0
    assert "acme+ci, acme+reader" in capsys.readouterr().out


def test_status_fails_where_no_key_opens_something(
    changed: Cast, capsys: Captured, settings: Settings
) -> None:
    settings.ROBOTS_SECRET_KEYS = NEW
    RobotToken.objects.filter(robot=changed.ci).update(sealed=None)
    facts = answer(capsys, "status", code=4)
    application = Application.objects.get()
    assert facts["unopened"]["robots"] == ["acme+ci", "acme+reader"]
    assert facts["unopened"]["people"][0].startswith("bob (")
    assert facts["unopened"]["applications"] == [application.client_id]
    assert run("status") == 4
    assert "2 robot tokens: NO KEY OPENS these" in capsys.readouterr().out


def test_reseal_brings_everything_over(
    changed: Cast, capsys: Captured, settings: Settings
) -> None:
    facts = answer(capsys, "reseal", "--batch", "1")
    assert facts == {
        "key": NEW_ID,
        "dry_run": False,
        "renewed": {"robots": 2, "people": 1, "applications": 1},
        "lost": NOBODY,
        "taken": NOBODY,
        "busy": NOBODY,
    }
    settings.ROBOTS_SECRET_KEYS = NEW
    assert factories.stored_secret(changed.ci) == changed.ci_secret.reveal()
    application = Application.objects.get()
    assert application.key_id == NEW_ID
    secret = read_client_secret(application, factories.BY)
    assert secret is not None
    assert len(secret.reveal()) == 40
    assert answer(capsys, "status")["keys"][0]["rows"] == facts["renewed"]


def test_reseal_tells_the_audit_how_many_and_no_secret(changed: Cast) -> None:
    assert run("reseal") == 0
    end, begin = AuditEvent.objects.filter(kind__endswith="_resealing")
    keys = {"current_key": NEW_ID, "older_keys": [OLD_ID]}
    assert (begin.kind, begin.facts) == (
        "begin_resealing",
        {**keys, "rows": {"robots": 2, "people": 1, "applications": 1}},
    )
    assert end.kind == "end_resealing"
    assert end.facts == {
        **keys,
        "rows": {
            name: {"renewed": count, "busy": 0, "lost": 0, "taken": 0}
            for name, count in begin.facts["rows"].items()
        },
    }
    assert end.performer_name == "manage.py rotate_secret_keys"
    assert run("reseal") == 0
    assert AuditEvent.objects.filter(kind__endswith="_resealing").count() == 2


def test_a_run_that_is_interrupted_tells_what_it_did(
    changed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{COMMAND}.time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run("reseal", "--batch", "1", "--pause", "1")
    event = AuditEvent.objects.filter(kind="end_resealing").get()
    assert event.facts["rows"]["robots"]["renewed"] == 1
    assert event.facts["rows"]["people"]["renewed"] == 0
    now = timezone.now()
    authenticate_robot("acme+ci", changed.ci_secret, now)
    authenticate_robot("acme+reader", changed.reader_secret, now)


def test_a_dry_run_only_counts(changed: Cast, capsys: Captured) -> None:
    with unchanged():
        facts = answer(capsys, "reseal", "--dry-run", code=3)
    assert facts["to_reseal"] == {"robots": 2, "people": 1, "applications": 1}
    assert run("reseal") == 0
    assert run("reseal", "--dry-run") == 0


def test_reseal_fails_where_something_is_left(changed: Cast, capsys: Captured) -> None:
    RobotToken.objects.filter(robot=changed.ci).update(sealed=b"x" * 40)
    facts = answer(capsys, "reseal", code=4)
    assert facts["lost"]["robots"] == ["acme+ci"]
    assert facts["renewed"]["robots"] == 1


@pytest.mark.parametrize("key_id", [OLD_ID, ""])
def test_a_token_whose_copy_is_damaged_keeps_its_key(
    key_id: str, changed: Cast, settings: Settings, capsys: Captured
) -> None:
    """Nothing can bring it over, and its holder logs in with it."""
    settings.REGISTRY_REFRESH_TOKEN_LIFETIME = 0
    rows = RobotToken.objects.filter(robot=changed.ci)
    rows.update(sealed=b"x" * 40, key_id=key_id)
    assert run("reseal") == 4
    authenticate_robot("acme+ci", changed.ci_secret, timezone.now())
    (needed,) = answer(capsys, "status", code=4)["keys"][1]["needed_for"]
    assert needed == "1 that no key opens, and that may log in all the same"
    assert needed in refusal("remove", OLD_ID)
    rows.delete()
    assert answer(capsys, "status")["keys"][1]["removable"] is True


def test_new_puts_a_key_behind_the_current_one(
    old_key: Path, db: None, capsys: Captured
) -> None:
    facts = answer(capsys, "new")
    current, new = old_key.read_text().strip().split(",")
    assert current == OLD
    assert facts == {"id": keyring.key_id_of(new), "file": str(old_key)}
    assert run("new") == 0
    assert new not in capsys.readouterr().out


def test_activate_puts_it_first(old_key: Path, db: None) -> None:
    old_key.write_text(f"{OLD},{NEW}\n")
    assert run("activate", NEW_ID) == 0
    assert old_key.read_text() == f"{NEW},{OLD}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("activate", NEW_ID), f"put {NEW_ID} first there"),
        (("remove", OLD_ID, "--now"), f"take {OLD_ID} out there"),
    ],
)
def test_keys_that_somebody_else_gives_are_theirs_to_change(
    arguments: tuple[str, ...], told: str, changed: Cast, settings: Settings
) -> None:
    settings.ROBOTS_SECRET_KEYS_MADE = None
    assert told in refusal(*arguments)


def test_new_says_what_to_set_where_the_keys_are_given(
    old_key: Path, db: None, settings: Settings, capsys: Captured
) -> None:
    settings.ROBOTS_SECRET_KEYS_MADE = None
    facts = answer(capsys, "new")
    assert facts["file"] is None
    assert facts["id"] == keyring.key_id_of(facts["key"])
    assert len(facts["key"]) == 64
    assert run("new") == 0
    text = capsys.readouterr().out
    assert "SECOND in ROBOTS_SECRET_KEYS" in text
    assert OLD not in text
    assert old_key.read_text() == f"{OLD}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("activate",), "activate: say which key, by its ID"),
        (("status", OLD_ID), "status: takes no ID"),
        (("remove", "00000000"), "There is no key 00000000"),
        (("activate", "00000000"), "There is no key 00000000"),
        (("reseal", "--batch", "0"), "--batch: 1 to 5000 rows"),
        (("reseal", "--pause", "nan"), "--pause: 0 to 60 seconds"),
    ],
)
def test_what_cannot_be_done_is_refused(
    arguments: tuple[str, ...], told: str, changed: Cast
) -> None:
    assert told in refusal(*arguments)


def test_people_with_client_keys_are_told(changed: Cast, capsys: Captured) -> None:
    by = Performer(Kind.USER, "bob")
    audit.record("user_generate_client_key", by, None)
    assert answer(capsys, "status")["client_keys_of"] == ["bob"]
    assert run("status") == 0
    assert "Those of bob may be older" in capsys.readouterr().out


def test_a_new_client_secret_says_its_key(changed: Cast) -> None:
    application = Application.objects.get()
    assert application.key_id == OLD_ID
    reset_client_secret(application, factories.BY)
    application.refresh_from_db()
    assert application.key_id == NEW_ID
    assert credentials.unseal(bytes(application.sealed_secret), application.client_id)
