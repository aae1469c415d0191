"""Why a robot may do something to a repository, and what it lacks if it may not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest

from robots.access import authorize
from robots.decision import AccessRequest
from robots.explain import explain, identity_of_robot, verdicts
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member, set_team
from robots.missing import missing
from robots.models import Namespace, Repository, Robot
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole, Visibility
from tests import factories
from tests.api.local import LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


CI = "/api/v1/organization/acme/robots/ci/access"
PAST, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2130, 6, 30, tzinfo=UTC)


def test_a_granted_action_shows_every_source(cast: Cast, local_user: LocalUser) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY, END)
    add_member(cast.team, cast.ci, factories.BY)
    answer = local_user(cast.alice).get(f"{CI}?repository=api")
    assert answer.status == 200
    until = "2130-06-30T00:00:00+00:00"
    assert answer.json == {
        "identity": "acme+ci",
        "kind": "robot",
        "repository": "acme/api",
        "exists": True,
        "visibility": "private",
        "state": "NORMAL",
        "actions": {
            "pull": {"granted": True, "reason": None},
            "push": {"granted": True, "reason": None},
        },
        "role": "write",
        "creates": False,
        "sources": [
            {"kind": "direct permission", "role": "read", "team": None, "until": until},
            {
                "kind": "permission of team",
                "role": "write",
                "team": "developers",
                "until": None,
            },
        ],
        "ended": [],
        "cuts": [],
        "missing": [],
    }


def test_what_is_missing_is_named(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    grant(cast.api, cast.ci, Role.ADMIN, factories.BY, PAST)
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False)
    Repository.objects.filter(pk=cast.api.pk).update(state=State.READ_ONLY)
    shown = alice.get(f"{CI}?repository=acme/api&action=push&action=pull&action=push")
    assert shown.json["actions"] == {
        "push": {"granted": False, "reason": "no grant"},
        "pull": {"granted": False, "reason": "no grant"},
    }
    assert [source["role"] for source in shown.json["ended"]] == ["admin"]
    assert [cut["reason"] for cut in shown.json["cuts"]] == [
        "the robot is disabled",
        "the repository is read-only",
    ]
    assert shown.json["missing"] == [
        {
            "action": "push",
            "role": "write",
            "team_role": None,
            "needs": [
                "the role write or higher on acme/api, of acme+ci itself or of a team"
                " that it is in",
                "an end to this: the robot is disabled",
                "an end to this: the repository is read-only",
            ],
        },
        {
            "action": "pull",
            "role": "read",
            "team_role": None,
            "needs": [
                "the role read or higher on acme/api, of acme+ci itself or of a team"
                " that it is in",
                "an end to this: the robot is disabled",
            ],
        },
    ]


def test_a_repository_that_does_not_exist(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    lacking = alice.get(f"{CI}?repository=new").json
    assert (lacking["exists"], lacking["visibility"], lacking["state"]) == (
        False,
        None,
        None,
    )
    need = lacking["missing"][0]
    assert (need["role"], need["team_role"]) == ("read", "creator")
    only_pull = alice.get(f"{CI}?repository=new&action=pull").json["missing"]
    assert only_pull[0]["team_role"] is None
    assert only_pull[0]["needs"][0] == "that acme/new exists"
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.ci,))
    made = alice.get(f"{CI}?repository=new").json
    assert (made["creates"], made["missing"]) == (True, [])
    assert made["sources"][0]["team"] == "makers"


def test_own_robots_join_no_teams(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    assert alice.put("/api/v1/user/robots/bot").status == 201
    shown = alice.get("/api/v1/user/robots/bot/access?repository=new").json
    assert shown["repository"] == "alice/new"
    assert {need["team_role"] for need in shown["missing"]} == {None}
    assert local_user(cast.bob).get("/api/v1/user/robots/bot/access").status == 400


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "repository"),
        ("?repository=", "repository"),
        ("?repository=%00", "repository"),
        ("?repository=WEB", "repository"),
        ("?repository=acme/", "repository"),
        ("?repository=/web", "repository"),
        ("?repository=" + "a" * 256, "repository"),
        ("?repository=web&action=write", "action"),
        ("?repository=web&action=", "action"),
        ("?repository=web&action=pull&action=%00", "action"),
    ],
)
def test_a_bad_question(
    cast: Cast, local_user: LocalUser, query: str, parameter: str
) -> None:
    answer = local_user(cast.alice).get(f"{CI}{query}")
    assert answer.status == 400
    assert list(answer.json["message"]) == [parameter]


def test_other_namespaces_are_not_asked_about(
    cast: Cast, local_user: LocalUser
) -> None:
    other = factories.organization("other", owner=cast.charlie)
    factories.repository(other, "web", Visibility.PUBLIC)
    answer = local_user(cast.alice).get(f"{CI}?repository=other/web").json
    assert (answer["repository"], answer["exists"]) == ("acme/other/web", False)
    foreign = "/api/v1/organization/other/robots/ci/access?repository=web"
    assert local_user(cast.alice).get(foreign).status == 403
    assert local_user(cast.charlie).get(f"{CI}?repository=web").status == 403


def _worlds(cast: Cast) -> Iterator[tuple[Robot, str]]:
    """Robots and repositories that differ in everything that counts."""
    roles = [None, Role.READ, Role.WRITE]
    for number, (role, state, visibility) in enumerate(
        product(roles, State, Visibility)
    ):
        robot, _ = factories.robot(cast.acme, f"w{number:03}")
        repository = factories.repository(cast.acme, f"w{number}", visibility, state)
        if state == State.MIRROR:
            repository.mirror_robot = robot
            repository.save()
        if role:
            grant(repository, robot, role, factories.BY)
            grant(repository, cast.ci, role, factories.BY)
        yield robot, repository.name
        yield cast.ci, repository.name


def test_what_is_denied_has_a_need_and_what_is_granted_has_none(cast: Cast) -> None:
    for robot, name in _worlds(cast):
        _check(cast.acme, robot, name, list(Action))
    _check(cast.acme, cast.ci, "missing", list(Action))
    _check(cast.acme, cast.ci, "missing", [Action.PULL])
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False)
    _check(cast.acme, cast.ci, "web", list(Action))
    set_team(cast.acme, "developers", TeamRole.ADMIN, factories.BY)
    add_member(cast.team, cast.reader, factories.BY)
    _check(cast.acme, cast.reader, "missing", list(Action))
    _check(cast.acme, cast.reader, "missing", [Action.PULL])
    Namespace.objects.filter(pk=cast.acme.pk).update(enabled=False)
    _check(cast.acme, cast.reader, "web", list(Action))


def _check(
    namespace: Namespace, robot: Robot, repository: str, actions: list[Action]
) -> None:
    name = RepositoryName(namespace.name, repository)
    identity = identity_of_robot(robot)
    now = datetime.now(UTC)
    explanation = explain(identity, name, now)
    [decision] = authorize(identity, [AccessRequest(name, frozenset(actions))], now)
    answers = verdicts(explanation, decision, actions)
    lacking = {need.action for need in missing(explanation, answers, namespace)}
    assert lacking == {answer.action for answer in answers if not answer.granted}
    assert all(need.needs for need in missing(explanation, answers, namespace))
    # LocalUser if nothing had been decided: what is granted would have no need.
    denied = [answer._replace(granted=False) for answer in answers]
    needs = missing(explanation, denied, namespace)
    for need, answer in zip(needs, answers, strict=True):
        assert bool(need.needs) != answer.granted, (robot, repository, need)
