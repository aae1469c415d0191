"""disable_idle_robots: who was not used for long stops, and nobody else does."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.lifecycle.robots import change_robot, set_enabled
from robots.lifecycle.switches import Terms, turn_on
from robots.models import AuditEvent, Robot
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast
from tests.robots.ledger import unchanged

Captured = pytest.CaptureFixture[str]

BY = factories.BY


def run(*arguments: str) -> int:
    try:
        call_command("disable_idle_robots", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("disable_idle_robots", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def seen(robot: Robot, created: int, used: int | None = None) -> None:
    """A robot was created, and used last, so many days ago."""
    now = timezone.now()
    last = None if used is None else now - timedelta(days=used)
    rows = Robot.objects.filter(pk=robot.pk)
    rows.update(created_at=now - timedelta(days=created), last_used_at=last)


def disabled() -> set[str]:
    return {robot.full_name for robot in Robot.objects.filter(enabled=False)}


@pytest.fixture
def idle(cast: Cast, settings: Settings) -> Cast:
    """Both robots of the cast are idle: one was used once, one never."""
    settings.USAGE_FLUSH_SECONDS = 60
    seen(cast.ci, 400, 91)
    seen(cast.reader, 91)
    return cast


def test_idle_robots_are_disabled_and_told(idle: Cast, capsys: Captured) -> None:
    for name, created, used in (("young", 89, None), ("busy", 400, 89)):
        robot, _ = factories.robot(idle.acme, name)
        seen(robot, created, used)
    before = AuditEvent.objects.count()
    assert run("--days", "90") == 0
    now = timezone.now()
    day = now - timedelta(days=91)
    assert capsys.readouterr().out == (
        "Disabled 2 robots not used for 90 days.\n"
        f"  acme+ci: last used {day:%Y-%m-%d}\n"
        f"  acme+reader: never used, created {day:%Y-%m-%d}\n"
    )
    assert disabled() == {"acme+ci", "acme+reader"}
    with pytest.raises(Unauthorized):
        authenticate_robot("acme+ci", idle.ci_secret, now)
    events = AuditEvent.objects.order_by("id")[before:]
    assert [(event.kind, event.performer_name, event.facts) for event in events] == [
        ("disable_robot", "manage.py disable_idle_robots", {"robot": name})
        for name in ("ci", "reader")
    ]


def test_a_second_run_has_nothing_to_do(idle: Cast, capsys: Captured) -> None:
    run("--days", "90")
    capsys.readouterr()
    with unchanged():
        assert run("--days", "90") == 0
    assert capsys.readouterr().out == "Disabled 0 robots not used for 90 days.\n"


def test_a_dry_run_changes_nothing_and_exits_with_3(
    idle: Cast, capsys: Captured
) -> None:
    with unchanged():
        assert run("--days", "90", "--dry-run") == 3
    assert capsys.readouterr().out.startswith("Would disable 2 robots")
    with unchanged():
        assert run("--days", "92", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "disabled": [],
        "kept": [],
        "days": 92,
        "dry_run": True,
    }


def test_json_lists_each_robot(idle: Cast, capsys: Captured) -> None:
    run("--days", "90", "--robot", "acme+r*", "--json")
    reader = Robot.objects.get(name="reader")
    assert json.loads(capsys.readouterr().out)["disabled"] == [
        {
            "robot": "acme+reader",
            "last_used_at": None,
            "created_at": reader.created_at.isoformat(),
        }
    ]
    assert disabled() == {"acme+reader"}


def test_who_is_excepted_stays(idle: Cast) -> None:
    other = factories.organization("other")
    bot, _ = factories.robot(other, "bot")
    seen(bot, 400)
    run("--days", "90", "--namespace", "acme", "--except", "acme+c*", "other+bot")
    assert disabled() == {"acme+reader"}


def test_a_robot_that_mirrors_is_kept_and_told(idle: Cast, capsys: Captured) -> None:
    for repository in (idle.web, idle.api):
        repository.mirror_robot = idle.ci
        repository.save()
    run("--days", "90", "--json")
    told = json.loads(capsys.readouterr().out)
    [kept] = told["kept"]
    assert (kept["robot"], kept["reason"]) == ("acme+ci", "mirrors acme/api")
    assert disabled() == {"acme+reader"}
    run("--days", "90")
    out = capsys.readouterr().out
    assert "Kept 1 robot as idle:\n  acme+ci: last used" in out
    assert out.endswith("; mirrors acme/api\n")


@pytest.mark.parametrize("disallow", [True, False])
def test_the_whitelist_keeps_a_robot(
    idle: Cast, settings: Settings, capsys: Captured, disallow: bool
) -> None:
    settings.ROBOTS_DISALLOW = disallow
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    run("--days", "90", "--json")
    kept = json.loads(capsys.readouterr().out)["kept"]
    reasons = {robot["robot"]: robot["reason"] for robot in kept}
    expected = {"acme+ci": "is in ROBOTS_WHITELIST"}
    if disallow:
        expected["acme+reader"] = "is stopped by ROBOTS_DISALLOW"
    assert reasons == expected
    assert disabled() == ({"acme+reader"} - set(expected))


@pytest.mark.parametrize("whole_site", [True, False])
def test_who_cannot_be_used_is_not_idle(
    idle: Cast, capsys: Captured, whole_site: bool
) -> None:
    other = factories.organization("other")
    bot, _ = factories.robot(other, "bot")
    seen(bot, 400)
    turn_on(None if whole_site else idle.acme, Terms("leak", None, ["acme+ci"]), BY)
    run("--days", "90", "--json")
    kept = json.loads(capsys.readouterr().out)["kept"]
    stopped = {robot["robot"] for robot in kept}
    assert {robot["reason"] for robot in kept} == {"is stopped by an emergency switch"}
    assert stopped == {"acme+reader"} | ({"other+bot"} if whole_site else set())
    assert disabled() == {"acme+ci", "acme+reader", "other+bot"} - stopped


@pytest.mark.parametrize("by_change", [True, False])
def test_who_was_just_enabled_is_not_idle(idle: Cast, by_change: bool) -> None:
    run("--days", "90")
    if by_change:
        change_robot(idle.ci, {"enabled": True}, BY)
    else:
        set_enabled(idle.ci, True, BY)
    run("--days", "90")
    assert disabled() == {"acme+reader"}
    long_ago = timezone.now() - timedelta(days=91)
    backdate(AuditEvent.objects.all(), long_ago)
    run("--days", "90")
    assert disabled() == {"acme+ci", "acme+reader"}


def test_a_namesake_that_was_enabled_does_not_help(idle: Cast) -> None:
    other = factories.organization("other")
    namesake, _ = factories.robot(other, "ci")
    set_enabled(namesake, True, BY)
    run("--days", "90")
    assert disabled() == {"acme+ci", "acme+reader"}


def test_all_are_disabled_or_none(idle: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second robot's event cannot be written."""
    saved = AuditEvent.save

    def failing(event: AuditEvent, *args: Any, **kwargs: Any) -> None:
        if event.facts.get("robot") == "reader":
            raise RuntimeError("audit is full")
        saved(event, *args, **kwargs)

    monkeypatch.setattr(AuditEvent, "save", failing)
    with unchanged(), pytest.raises(RuntimeError, match="audit is full"):
        run("--days", "90")


def test_it_is_refused_where_no_use_is_written(idle: Cast, settings: Settings) -> None:
    settings.USAGE_FLUSH_SECONDS = 0
    assert refusal("--days", "90") == (
        "USAGE_FLUSH_SECONDS is 0, so that no use is written: what is used would look"
        " unused"
    )


def test_robots_that_are_left_cost_no_queries(idle: Cast) -> None:
    with CaptureQueriesContext(connection) as few:
        run("--days", "90", "--dry-run")
    for number in range(10):
        robot, _ = factories.robot(idle.acme, f"bot{number}")
        seen(robot, 400)
    with CaptureQueriesContext(connection) as many:
        run("--days", "90", "--dry-run")
    assert len(few) == len(many)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--days 0", "days: 1 to 3650"),
        ("--days -1", "days: 1 to 3650"),
        ("--days 3651", "days: 1 to 3650"),
        ("--days 90 --namespace no", "There is no namespace no"),
        ("--days 90 --robot acme+no", "There is no robot account acme+no"),
        ("--days 90 --except acme+no", "There is no robot account acme+no"),
        ("--days 90 --except ci", "ci: robots are named in full"),
    ],
)
def test_what_is_not_clear_is_refused(idle: Cast, arguments: str, said: str) -> None:
    assert refusal(*arguments.split()).startswith(said)
