"""upkeep: all that is due in one go, whatever fails on the way."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.management.commands.upkeep import INCOMPLETE
from registryauth.signer import key_store
from robots.lifecycle.tokens import add_token
from robots.management.command import DONE, PENDING
from robots.models import AuditEvent, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.receivers import hook

Captured = pytest.CaptureFixture[str]

TASKS = [
    "clearsessions",
    "cleartokens",
    "purge_expired",
    "disable_idle_robots",
    "send_expiry_notices",
    "signing_keys",
]


def run(*arguments: str) -> int:
    try:
        call_command("upkeep", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return DONE


@pytest.fixture
def due(cast: Cast, settings: Settings) -> Cast:
    """acme+ci has an ended token and one that ends soon; acme+reader is idle."""
    settings.USAGE_FLUSH_SECONDS = 60
    settings.ROBOT_IDLE_DAYS = 90
    ended = add_token(cast.ci, factories.BY, timezone.now() + timedelta(days=2)).token
    RobotToken.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
    add_token(cast.ci, factories.BY, timezone.now() + timedelta(days=2))
    old = timezone.now() - timedelta(days=91)
    Robot.objects.filter(pk=cast.reader.pk).update(created_at=old)
    return cast


def enabled(robot: Robot) -> bool:
    return Robot.objects.get(pk=robot.pk).enabled


def test_all_that_is_due_is_done(
    due: Cast, settings: Settings, capsys: Captured
) -> None:
    settings.REGISTRY_SIGNING_KEY_DAYS = 3
    with hook(settings) as posts:
        assert run("--dry-run", "--json") == PENDING
        facts = json.loads(capsys.readouterr().out)
        assert list(facts) == TASKS
        assert facts["purge_expired"]["static_tokens"] == 1
        assert [r["robot"] for r in facts["disable_idle_robots"]["disabled"]] == [
            "acme+reader"
        ]
        assert facts["send_expiry_notices"]["channels"] == {"webhook": {"due": 1}}
        assert facts["signing_keys"] == {"keys": ["would add a new key"]}
        assert posts.posts == [] and enabled(due.reader)
        assert due.ci.tokens.count() == 3 and len(key_store().all()) == 1

        assert run() == DONE
        said = capsys.readouterr().out
        assert "purge_expired: Deleted 0 federated tokens" in said
        assert "disable_idle_robots: Disabled 1 robot" in said
        assert "send_expiry_notices: webhook: told 1 notice" in said
        assert "run registry_config" in said
        assert len(posts.posts) == 1 and not enabled(due.reader)
        assert due.ci.tokens.count() == 2 and len(key_store().all()) == 2
        event = AuditEvent.objects.get(kind="disable_robot")
        assert event.performer_name == "manage.py disable_idle_robots"

        assert run("--json") == DONE
        assert len(posts.posts) == 1


def test_a_task_that_fails_does_not_keep_the_others(
    due: Cast, settings: Settings, capsys: Captured
) -> None:
    settings.USAGE_FLUSH_SECONDS = 0  # Nobody's use is known: nobody looks idle.
    with hook(settings) as posts:
        posts.status = 500
        assert run("--json") == INCOMPLETE
        facts = json.loads(capsys.readouterr().out)
        assert "USAGE_FLUSH_SECONDS" in facts["disable_idle_robots"]["error"]
        assert facts["send_expiry_notices"]["channels"]["webhook"]["failed"] == 1
        assert facts["purge_expired"]["static_tokens"] == 1
        assert facts["signing_keys"] == {"off": True}
        assert enabled(due.reader) and due.ci.tokens.count() == 2


def test_an_error_of_ours_is_told_by_its_kind_and_the_rest_is_done(
    due: Cast, settings: Settings, capsys: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EXPIRY_NOTICE_DAYS = ["soon"]  # Which the system checks would refuse.
    with hook(settings):
        assert run() == INCOMPLETE
    said = capsys.readouterr().out
    assert "send_expiry_notices: FAILED: " in said
    assert "signing_keys: off" in said
    assert not enabled(due.reader)
    assert "upkeep: send_expiry_notices failed" in caplog.text


def test_without_settings_robots_and_keys_are_left_alone(
    due: Cast, settings: Settings, capsys: Captured
) -> None:
    settings.ROBOT_IDLE_DAYS = 0
    assert run() == DONE
    said = capsys.readouterr().out
    assert "disable_idle_robots: off" in said and "signing_keys: off" in said
    assert enabled(due.reader) and len(key_store().all()) == 0
