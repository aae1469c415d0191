"""create_robot: the robot, its token and its teams come together, or not at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save
from pytest_django.fixtures import Settings

from registryauth.robot_login import authenticate_robot
from robots.credentials import Secret
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Robot, TeamMember
from tests import factories
from tests.conftest import Cast

Captured = pytest.CaptureFixture[str]

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def refusal(*arguments: str) -> str:
    """The error of a command that changes nothing, not even the audit."""
    before = AuditEvent.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2
    assert AuditEvent.objects.count() == before
    return str(caught.value)


def events(kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(kind=kind).exclude(
        performer_name=factories.BY.name
    )
    return list(rows.values_list("performer_name", "namespace_name", "facts"))


def token_in(text: str) -> str:
    """The token on the one line that is labelled so."""
    [line] = [line for line in text.splitlines() if line.startswith("Token: ")]
    return line.removeprefix("Token: ")


def assert_nowhere_but_shown(token: str, captured_err: str) -> None:
    kept = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert token not in kept
    assert token not in captured_err


def test_a_robot_is_created_and_its_token_logs_in(cast: Cast, capsys: Captured) -> None:
    call_command(
        "create_robot", "acme+deploy", "--description", "Ships", "--team", "developers"
    )
    shown = capsys.readouterr()
    token = token_in(shown.out)
    assert shown.out == (
        "Created robot acme+deploy, in developers.\n"
        "Keep its token now; this command does not show it again.\n"
        f"Token: {token}\n"
    )
    robot = Robot.objects.get(name="deploy")
    assert (robot.namespace, robot.description) == (cast.acme, "Ships")
    assert robot.team_memberships.get().team == cast.team
    assert authenticate_robot("acme+deploy", Secret(token), NOW).id == robot.pk
    assert_nowhere_but_shown(token, shown.err)
    assert events("create_robot") == [
        (
            "manage.py create_robot",
            "acme",
            {
                "robot": "deploy",
                "description": "Ships",
                "unstructured_metadata": None,
            },
        )
    ]
    assert events("org_add_team_member") == [
        (
            "manage.py create_robot",
            "acme",
            {"member": "acme+deploy", "team": "developers"},
        )
    ]


def test_json_has_the_token_and_each_team_once(cast: Cast, capsys: Captured) -> None:
    call_command(
        "create_robot",
        *("acme+deploy", "--team", "owners", "developers", "--team", "owners"),
        "--json",
    )
    shown = capsys.readouterr()
    facts = json.loads(shown.out)
    token = facts.pop("token")
    assert facts == {
        "robot": "acme+deploy",
        "description": "",
        "teams": ["owners", "developers"],
    }
    assert authenticate_robot("acme+deploy", Secret(token), NOW).name == "acme+deploy"
    assert_nowhere_but_shown(token, shown.err)
    members = TeamMember.objects.filter(robot__name="deploy")
    assert {member.team.name for member in members} == {"owners", "developers"}


def test_a_person_may_have_robots_too(cast: Cast, capsys: Captured) -> None:
    call_command("create_robot", "bob+laptop")
    assert capsys.readouterr().out.startswith("Created robot bob+laptop.\n")
    assert Robot.objects.get(name="laptop").namespace.owner == cast.bob


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(["acme+ci"], "Existing robot with name: acme+ci", id="exists"),
        pytest.param(
            ["nowhere+ci"], "There is no namespace nowhere", id="no namespace"
        ),
        pytest.param(["acme"], "named namespace+name", id="no plus"),
        pytest.param(["acme+"], "The name for the robot '' is invalid", id="no name"),
        pytest.param(["acme+A"], "The name for the robot 'A' is invalid", id="letters"),
        pytest.param(["acme+a+b"], "The name for the robot 'a+b'", id="two plus"),
        pytest.param(["acme+d\0"], "robot: NUL characters", id="NUL"),
        pytest.param(
            ["acme+new", "--description", "x" * 256],
            "--description: at most 255 characters are allowed",
            id="description too long",
        ),
        pytest.param(
            ["acme+new", "--team", "developers", "nope"],
            "No team nope in organization acme",
            id="unknown team",
        ),
        pytest.param(
            ["acme+new", "--team", "traders"],
            "No team traders in organization acme",
            id="team of another organization",
        ),
        pytest.param(
            ["bob+new", "--team", "owners"],
            "No team owners in organization bob",
            id="a person has no teams",
        ),
        pytest.param(["acme+new", "--team", "a\0"], "team: NUL", id="team NUL"),
    ],
)
def test_a_robot_is_refused_whole(cast: Cast, arguments: list[str], error: str) -> None:
    factories.team(factories.organization("other"), "traders")
    assert error in refusal("create_robot", *arguments)
    assert set(Robot.objects.values_list("name", flat=True)) == {"ci", "reader"}


def test_robots_disallow_refuses_a_new_robot(cast: Cast, settings: Settings) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+mirror"]
    assert refusal("create_robot", "acme+new") == (
        "Robot accounts have been disabled. Please contact your administrator."
    )
    call_command("create_robot", "acme+mirror")
    assert Robot.objects.filter(name="mirror").exists()


def test_a_robot_that_cannot_join_a_team_is_not_created(
    cast: Cast, capsys: Captured
) -> None:
    """Something else in the project has put it in the team already."""

    def join(instance: Robot, **_: Any) -> None:
        add_member(cast.team, instance, factories.BY)

    post_save.connect(join, sender=Robot)
    try:
        error = refusal("create_robot", "acme+deploy", "--team", "developers")
    finally:
        post_save.disconnect(join, sender=Robot)
    assert error == "User acme+deploy is already a member of team developers"
    assert not Robot.objects.filter(name="deploy").exists()
    assert events("create_robot") == []
    assert "Token" not in capsys.readouterr().out
