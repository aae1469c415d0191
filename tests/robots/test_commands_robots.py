"""regenerate_robot_token and delete_robot: what dies, and what is told of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.credentials import Secret
from robots.lifecycle.permissions import grant
from robots.models import (
    AuditEvent,
    DefaultPermission,
    RepositoryPermission,
    Robot,
    RobotToken,
    TeamMember,
    TokenOrigin,
)
from robots.roles import Role, State
from tests import factories
from tests.conftest import Cast

Captured = pytest.CaptureFixture[str]

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def refusal(*arguments: str) -> str:
    robots, audited = Robot.objects.count(), AuditEvent.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2
    assert (Robot.objects.count(), AuditEvent.objects.count()) == (robots, audited)
    return str(caught.value)


def federated_token(robot: Robot) -> None:
    RobotToken.objects.create(
        robot=robot, origin=TokenOrigin.FEDERATED, digest="f" * 64, expires_at=NOW
    )


def last_event() -> tuple[str, str, str, dict[str, Any]]:
    event = AuditEvent.objects.latest("id")
    return event.kind, event.performer_name, event.namespace_name, event.facts


def test_a_new_token_takes_the_place_of_all_old_ones(
    cast: Cast, capsys: Captured
) -> None:
    federated_token(cast.ci)
    call_command("regenerate_robot_token", "acme+ci")
    shown = capsys.readouterr()
    [line] = [line for line in shown.out.splitlines() if line.startswith("Token: ")]
    token = line.removeprefix("Token: ")
    assert shown.out == (
        "All old tokens of robot acme+ci are dead.\n"
        "Keep the new one now; this command does not show it again.\n"
        f"Token: {token}\n"
    )
    assert authenticate_robot("acme+ci", Secret(token), NOW).id == cast.ci.pk
    with pytest.raises(Unauthorized):
        authenticate_robot("acme+ci", cast.ci_secret, NOW)
    assert cast.ci.tokens.get().origin == TokenOrigin.STATIC
    assert cast.reader.tokens.count() == 1
    assert token not in json.dumps(list(AuditEvent.objects.values()), default=str)
    assert shown.err == ""
    assert last_event() == (
        "regenerate_robot_token",
        "manage.py regenerate_robot_token",
        "acme",
        {"robot": "ci"},
    )


def test_json_has_the_new_token(cast: Cast, capsys: Captured) -> None:
    call_command("regenerate_robot_token", "acme+ci", "--json")
    shown = capsys.readouterr()
    facts = json.loads(shown.out)
    assert facts.keys() == {"robot", "token"}
    assert facts["robot"] == "acme+ci"
    token = Secret(facts["token"])
    assert authenticate_robot("acme+ci", token, NOW).id == cast.ci.pk
    assert shown.err == ""


@pytest.mark.parametrize("command", ["regenerate_robot_token", "delete_robot"])
@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("acme+no", "There is no robot account acme+no", id="unknown"),
        pytest.param("acme", "There is no robot account acme", id="no plus"),
        pytest.param("acme+CI", "There is no robot account acme+CI", id="upper case"),
        pytest.param("", "There is no robot account ", id="empty"),
        pytest.param("acme+ci\n", "There is no robot account acme+ci\n", id="newline"),
        pytest.param(
            "acme+ci\0",
            "robot: NUL characters and invalid Unicode are not allowed",
            id="NUL",
        ),
        pytest.param(
            "acme+ci\udc80",
            "robot: NUL characters and invalid Unicode are not allowed",
            id="bytes",
        ),
    ],
)
def test_an_unknown_robot_is_refused(
    cast: Cast, command: str, name: str, error: str
) -> None:
    assert refusal(command, name) == error


def test_a_robot_goes_with_all_that_is_its(cast: Cast, capsys: Captured) -> None:
    federated_token(cast.ci)
    factories.team(cast.acme, "bots", members=(cast.ci,))
    grant(cast.api, cast.ci, Role.READ, factories.BY, NOW)
    DefaultPermission.objects.create(namespace=cast.acme, robot=cast.ci, role=Role.READ)
    DefaultPermission.objects.create(
        namespace=cast.acme, creator_robot=cast.ci, user=cast.bob, role=Role.READ
    )
    call_command("delete_robot", "acme+ci", "--yes")
    assert capsys.readouterr().out == (
        "Deleted robot acme+ci, and with it:\n"
        "  tokens: 1 federated, 1 static\n"
        "  memberships: team bots\n"
        "  permissions: read until 2030-01-01T00:00:00+00:00 on acme/api,"
        " write on acme/web\n"
        "  default permissions: 2\n"
    )
    assert list(Robot.objects.all()) == [cast.reader]
    assert list(RobotToken.objects.values_list("robot", flat=True)) == [cast.reader.pk]
    assert not TeamMember.objects.filter(team__name="bots").exists()
    assert not RepositoryPermission.objects.filter(repository=cast.api, team=None)
    assert not DefaultPermission.objects.exists()
    assert last_event() == (
        "delete_robot",
        "manage.py delete_robot",
        "acme",
        {"robot": "ci"},
    )


def test_json_lists_every_permission(cast: Cast, capsys: Captured) -> None:
    call_command("delete_robot", "acme+ci", "--yes", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "robot": "acme+ci",
        "tokens": {"static": 1},
        "teams": [],
        "permissions": [{"repository": "acme/web", "role": "write", "until": None}],
        "others": {},
    }


def test_people_are_shown_twenty_permissions_and_json_all(
    cast: Cast, capsys: Captured
) -> None:
    for number in range(21):
        repository = factories.repository(cast.acme, f"many{number:02}")
        grant(repository, cast.ci, Role.READ, factories.BY)
        grant(repository, cast.reader, Role.READ, factories.BY)
    call_command("delete_robot", "acme+ci", "--yes")
    text = capsys.readouterr().out
    assert "read on acme/many19, and 2 more\n" in text
    assert "acme/many20" not in text
    call_command("delete_robot", "acme+reader", "--yes", "--json")
    assert len(json.loads(capsys.readouterr().out)["permissions"]) == 22


def test_a_robot_that_a_repository_is_mirrored_by_stays(cast: Cast) -> None:
    cast.web.state = State.MIRROR
    cast.web.mirror_robot = cast.ci
    cast.web.save()
    error = refusal("delete_robot", "acme+ci", "--yes")
    assert error == "Robot is being used by a mirror"
    assert cast.ci.tokens.count() == 1
