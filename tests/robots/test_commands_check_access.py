"""check_access: the decision, its sources and its cuts, for people and for scripts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.access import authorize
from robots.decision import AccessRequest
from robots.lifecycle.permissions import grant
from robots.management.grantees import identity_named
from robots.models import AuditEvent, Repository
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole
from tests import factories
from tests.conftest import Cast

Captured = pytest.CaptureFixture[str]

END = datetime(2130, 6, 30, tzinfo=UTC)


def check(*arguments: str) -> int:
    """The exit code."""
    try:
        call_command("check_access", *arguments)
    except SystemExit as leaving:
        assert isinstance(leaving.code, int)
        return leaving.code
    return 0


def facts(capsys: Captured, *arguments: str) -> dict[str, Any]:
    check(*arguments, "--json")
    shown = capsys.readouterr()
    assert shown.err == ""
    return dict(json.loads(shown.out))


def test_a_robot_with_a_direct_role(cast: Cast, capsys: Captured) -> None:
    grant(cast.web, cast.ci, Role.WRITE, factories.BY, END)
    assert check("acme+ci", "acme/web") == 0
    assert capsys.readouterr().out == (
        "acme+ci on acme/web (private, NORMAL)\n"
        "  pull    granted\n"
        "  push    granted\n"
        "Role: write\n"
        "Sources:\n"
        "  direct permission: write until 2130-06-30T00:00:00+00:00\n"
        "Ended: none\n"
        "Cut by: none\n"
    )


def test_each_denied_action_has_its_reason(cast: Cast, capsys: Captured) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    grant(cast.api, cast.bob, Role.ADMIN, factories.BY, past)
    cast.api.state = State.READ_ONLY
    cast.api.save()
    assert check("bob", "acme/api", "--action", "pull", "push", "*", "delete") == 3
    assert capsys.readouterr().out == (
        "bob on acme/api (private, READ_ONLY)\n"
        "  pull    granted\n"
        "  push    denied: the repository is read-only\n"
        "  *       denied: the role is too low\n"
        "  delete  denied: the role is too low\n"
        "Role: write\n"
        "Sources:\n"
        "  permission of team developers: write\n"
        "Ended:\n"
        "  direct permission: admin until 2020-01-01T00:00:00+00:00\n"
        "Cut by:\n"
        "  the repository is read-only (stops push, *, delete)\n"
    )


def test_anonymous_is_the_client_that_does_not_log_in(
    cast: Cast, capsys: Captured
) -> None:
    assert check("anonymous", "acme/public", "--action", "pull") == 0
    assert "public visibility: read" in capsys.readouterr().out
    assert check("anonymous", "acme/web", "--action", "pull") == 3
    assert "  pull    denied: no grant\n" in capsys.readouterr().out


def test_actions_add_up_and_the_default_is_pull_and_push(
    cast: Cast, capsys: Captured
) -> None:
    asked = ("--action", "push", "--action", "pull", "push")
    assert list(facts(capsys, "acme+ci", "acme/web", *asked)["actions"]) == [
        "push",
        "pull",
    ]
    assert list(facts(capsys, "acme+ci", "acme/web")["actions"]) == ["pull", "push"]


def test_json_carries_everything(cast: Cast, capsys: Captured) -> None:
    grant(cast.web, cast.team, Role.ADMIN, factories.BY, END)
    assert facts(capsys, "bob", "acme/web", "--action", "delete") == {
        "allowed": True,
        "identity": "bob",
        "kind": "user",
        "repository": "acme/web",
        "exists": True,
        "visibility": "private",
        "state": "NORMAL",
        "actions": {"delete": {"granted": True, "reason": None}},
        "role": "admin",
        "creates": False,
        "sources": [
            {
                "kind": "permission of team",
                "role": "admin",
                "team": "developers",
                "until": END.isoformat(),
            }
        ],
        "ended": [],
        "cuts": [],
    }


def test_a_robot_that_cannot_log_in_is_denied(cast: Cast, capsys: Captured) -> None:
    cast.ci.enabled = False
    cast.ci.save()
    assert check("acme+ci", "acme/web") == 3
    text = capsys.readouterr().out
    assert "  pull    denied: the robot is disabled\n" in text
    assert "  the robot is disabled (stops login)\n" in text
    assert "  direct permission: write\n" in text


def test_robots_disallow_is_told(
    cast: Cast, settings: Settings, capsys: Captured
) -> None:
    settings.ROBOTS_DISALLOW = True
    found = facts(capsys, "acme+ci", "acme/web", "--action", "pull")
    reason = "ROBOTS_DISALLOW is on and ROBOTS_WHITELIST does not name the robot"
    assert found["allowed"] is False
    assert found["actions"] == {"pull": {"granted": False, "reason": reason}}
    assert found["cuts"] == [
        {
            "reason": reason,
            "stops": ["push", "pull", "*", "delete"],
            "at_login": True,
        }
    ]


@pytest.mark.parametrize(
    ("private", "kind"), [(True, "private"), (False, "public")], ids=str
)
def test_what_a_push_would_create_is_told_and_not_created(
    cast: Cast, settings: Settings, capsys: Captured, private: bool, kind: str
) -> None:
    settings.CREATE_PRIVATE_REPO_ON_PUSH = private
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.ci,))
    audited = AuditEvent.objects.count()
    assert check("acme+ci", "acme/new") == 0
    text = capsys.readouterr().out
    assert text.startswith("acme+ci on acme/new (does not exist)\n")
    assert (
        f"A push creates {kind} repository acme/new; acme+ci becomes its admin.\n"
        in text
    )
    assert "  organization creator team makers: admin\n" in text
    assert not Repository.objects.filter(name="new").exists()
    assert AuditEvent.objects.count() == audited


def test_who_cannot_log_in_creates_nothing(cast: Cast, capsys: Captured) -> None:
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.ci,))
    cast.ci.enabled = False
    cast.ci.save()
    found = facts(capsys, "acme+ci", "acme/new")
    assert (found["creates"], found["allowed"]) == (False, False)


def test_a_missing_repository_is_denied_with_the_reason(
    cast: Cast, capsys: Captured
) -> None:
    assert check("acme+ci", "acme/new", "--action", "pull") == 3
    assert (
        "  pull    denied: the repository does not exist\n" in capsys.readouterr().out
    )
    assert facts(capsys, "bob", "acme/new")["actions"]["push"] == {
        "granted": False,
        "reason": "the repository does not exist and may not be created",
    }


def test_a_robot_of_another_namespace_is_told_so(cast: Cast, capsys: Captured) -> None:
    factories.robot(factories.organization("other"), "ci")
    assert facts(capsys, "other+ci", "acme/web")["actions"]["pull"] == {
        "granted": False,
        "reason": "a robot has no rights outside its namespace",
    }


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "acme+ci", "anonymous"])
@pytest.mark.parametrize("path", ["acme/web", "acme/api", "acme/public", "acme/new"])
def test_the_answer_is_that_of_authorize(
    cast: Cast, capsys: Captured, who: str, path: str
) -> None:
    asked = ("--action", "pull", "push", "*", "delete")
    request = AccessRequest(RepositoryName(*path.split("/")), frozenset(Action))
    [decision] = authorize(identity_named(who), [request], timezone.now())
    answers = facts(capsys, who, path, *asked)["actions"]
    assert {name for name, answer in answers.items() if answer["granted"]} == (
        decision.granted
    )
    assert {
        name: answer["reason"] for name, answer in answers.items() if answer["reason"]
    } == decision.denied


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(
            ["acme+no", "acme/web"], "There is no robot account acme+no", id="robot"
        ),
        pytest.param(["nobody", "acme/web"], "There is no user nobody", id="user"),
        pytest.param(
            ["bob", "nowhere/web"], "There is no namespace nowhere", id="namespace"
        ),
        pytest.param(
            ["bob", "acme/Web"], "acme/Web cannot be a repository", id="bad name"
        ),
        pytest.param(["bob", "web"], "There is no namespace library", id="no slash"),
        pytest.param(
            ["team:developers", "acme/api"], "A team does not log in", id="team"
        ),
        pytest.param(["b\0", "acme/web"], "identity: NUL characters", id="NUL"),
        pytest.param(["bob", "acme/\ud800"], "repository: NUL", id="surrogate"),
    ],
)
def test_unknown_names_are_refused(
    cast: Cast, arguments: list[str], error: str
) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("check_access", *arguments)
    assert caught.value.returncode == 2
    assert error in str(caught.value)


def test_an_unknown_action_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'sign'"):
        call_command("check_access", "bob", "acme/web", "--action", "sign")
