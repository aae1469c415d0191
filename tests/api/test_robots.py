"""Robots by API: created, shown, listed, changed and deleted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import create_robot
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Namespace, Repository, Robot
from robots.roles import Role, TeamRole
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.robot_calls import ORG, OWN, READS, UNKNOWN, events, refused
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_robot_is_created_shown_listed_and_deleted(
    cast: Cast, as_user: Callable[..., Client]
) -> None:
    alice = as_user(cast.alice)
    made = alice.put(f"{ORG}/new", {"description": "CI", "unstructured_metadata": {}})
    assert made.status == 201
    assert made.json["name"] == "acme+new"
    assert re.fullmatch("[A-Z0-9]{64}", made.json["token"])
    assert made.json["created"].endswith(" -0000")
    shown = alice.get(f"{ORG}/new")
    ours = {"enabled": True, "expires_at": None}
    assert (shown.status, shown.json) == (200, made.json | ours)
    names = [robot["name"] for robot in alice.get(ORG).json["robots"]]
    assert names == ["acme+ci", "acme+new", "acme+reader"]
    gone = alice.delete(f"{ORG}/new")
    assert (gone.status, gone.text) == (204, "")
    assert not Robot.objects.filter(name="new").exists()
    again = alice.delete(f"{ORG}/new")
    assert (again.status, again.text) == (400, UNKNOWN)
    event = AuditEvent.objects.get(kind="create_robot", facts__robot="new")
    assert event.facts["oauth_token_application"] == "tests"


def test_tokens_that_are_not_kept_readable_are_shown_once(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    alice = local_user(cast.alice)
    made = alice.put(f"{ORG}/new")
    assert made.json["token"]
    assert "token" not in alice.get(f"{ORG}/new").json
    listed = {robot["name"]: robot for robot in alice.get(ORG).json["robots"]}
    assert "token" not in listed["acme+new"]
    # Made while copies were kept.
    assert "token" not in listed["acme+ci"]
    assert "token" not in alice.get(f"{ORG}/ci").json
    fresh = alice.post(f"{ORG}/new/regenerate")
    assert set(fresh.json) == set(made.json) - {"unstructured_metadata"}
    assert fresh.json["token"] != made.json["token"]
    assert "token" not in alice.get(f"{ORG}/new").json


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (None, "application/json"),
        (b"", "application/json"),
        (b"null", "application/json"),
        (b"{bad", "application/json"),
        (b'{"description": 5}', "text/plain"),
        (b'{"description": "5"}', "application/x-www-form-urlencoded"),
        (b'{"nonsense": [1]}', "application/json"),
    ],
)
def test_a_creation_needs_no_body(
    cast: Cast, local_user: LocalUser, body: bytes | None, content_type: str
) -> None:
    alice = local_user(cast.alice)
    made = alice.put(f"{ORG}/new", body, Content_Type=content_type)
    assert made.status == 201
    assert made.json["description"] == ""
    assert made.json["unstructured_metadata"] is None
    assert alice.get(f"{ORG}/new").json["unstructured_metadata"] == {}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"description": 5}, "5 is not of type 'string'"),
        ({"description": None}, "None is not of type 'string'"),
        ({"description": "d" * 256}, f"'{'d' * 256}' is too long"),
        ({"unstructured_metadata": [1]}, "[1] is not of type 'object'"),
        ([1], "[1] is not of type 'object'"),
        ({"permissions": [{"role": "read"}]}, "'repository' is a required property"),
        (
            {"permissions": [{"repository": "web", "role": "read"}, {"role": "read"}]},
            "'repository' is a required property",
        ),
        (
            {"permissions": [{"repository": "web", "role": "owner"}]},
            "'owner' is not one of ['read', 'write', 'admin']",
        ),
        (
            {"permissions": [{"repository": "nope", "role": "read"}]},
            "There is no repository nope in this namespace",
        ),
        (
            {"permissions": [{"repository": "web", "role": "read"}] * 2},
            "The repository web is named twice",
        ),
        (
            {"permissions": [{"repository": "web", "role": "read"}], "teams": ["no"]},
            "There is no team no in this namespace",
        ),
        ({"teams": ["owners", "owners"]}, "The team owners is named twice"),
        ({"teams": [7]}, "7 is not of type 'string'"),
        ({"teams": "owners"}, None),
        ({"permissions": [5]}, None),
        ({"teams": ["t"] * 101}, None),
        (b'{"description": "\\ud800"}', None),
        (b'{"a": ' * 70 + b"1" + b"}" * 70, None),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_body_creates_nothing(
    cast: Cast, local_user: LocalUser, body: Any, text: str | None
) -> None:
    before = AuditEvent.objects.count()
    answer = local_user(cast.alice).put(f"{ORG}/new", body)
    assert refused(answer, 400, "invalid_request", text), answer.text
    assert not Robot.objects.filter(name="new").exists()
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    "name",
    ["A", "x", "a+b", "a%20b", "-lead", "tr__ail", "a%0a", "%00", "%f0%9f%a4%96"],
)
def test_odd_names_are_refused_everywhere(
    cast: Cast, local_user: LocalUser, name: str
) -> None:
    alice = local_user(cast.alice)
    made = alice.put(f"{ORG}/{name}")
    assert refused(made, 400, "invalid_request")
    assert made.json["error_message"].startswith("The name for the robot '")
    for path in (name, *(f"{name}{read.removeprefix('ci')}" for read in READS[1:])):
        answer = alice.get(f"{ORG}/{path}")
        assert (answer.status, answer.text) == (400, UNKNOWN)
    assert alice.patch(f"{ORG}/{name}", {}).text == UNKNOWN
    assert alice.delete(f"{ORG}/{name}").text == UNKNOWN
    assert alice.post(f"{ORG}/{name}/regenerate").text == UNKNOWN


def test_a_robot_is_created_with_permissions_and_teams(
    cast: Cast, local_user: LocalUser
) -> None:
    factories.repository(cast.acme, "deep/er")
    body = {
        "permissions": [
            {"repository": "web", "role": "write"},
            {"repository": "deep/er", "role": "admin"},
        ],
        "teams": ["developers"],
    }
    made = local_user(cast.alice).put(f"{ORG}/new", body)
    assert made.status == 201
    robot = Robot.objects.get(name="new")
    held = robot.repository_permissions.values_list("repository__name", "role")
    assert set(held) == {("web", Role.WRITE), ("deep/er", Role.ADMIN)}
    assert robot.team_memberships.get().team == cast.team
    granted = events("change_repo_permission")[-2:]
    assert [(e["username"], e["repo"], e["role"]) for e in granted] == [
        ("acme+new", "web", "write"),
        ("acme+new", "deep/er", "admin"),
    ]
    assert events("org_add_team_member")[-1]["member"] == "acme+new"


def test_only_the_namespace_itself_can_be_given(
    cast: Cast, local_user: LocalUser
) -> None:
    other = factories.organization("other", owner=cast.alice)
    factories.repository(other, "theirs")
    factories.team(other, "strangers")
    alice = local_user(cast.alice)
    for name in ("theirs", "other/theirs"):
        body = {"permissions": [{"repository": name, "role": "read"}]}
        assert alice.put(f"{ORG}/new", body).status == 400
    assert alice.put(f"{ORG}/new", {"teams": ["strangers"]}).status == 400
    answer = alice.put(f"{OWN}/new", {"teams": ["developers"]})
    assert refused(
        answer, 400, "invalid_request", "There is no team developers in this namespace"
    )
    assert alice.get("/api/v1/organization/other/robots/ci").text == UNKNOWN
    assert Robot.objects.count() == 2


def test_own_robots(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    factories.repository(Namespace.objects.get(name="alice"), "mine")
    body = {"permissions": [{"repository": "mine", "role": "write"}]}
    made = alice.put(f"{OWN}/bot", body)
    assert (made.status, made.json["name"]) == (201, "alice+bot")
    assert alice.get(f"{OWN}/bot").json["token"] == made.json["token"]
    [listed] = alice.get(f"{OWN}?permissions=true").json["robots"]
    assert (listed["teams"], listed["repositories"]) == ([], ["mine"])
    assert listed["token"] == made.json["token"]
    expected = {"repository": {"name": "mine", "is_public": False}, "role": "write"}
    assert alice.get(f"{OWN}/bot/permissions").json == {"permissions": [expected]}
    assert alice.post(f"{OWN}/bot/regenerate").json["token"] != made.json["token"]
    assert local_user(cast.bob).get(f"{OWN}/bot").text == UNKNOWN
    theirs = local_user(cast.bob).get("/api/v1/organization/alice/robots")
    assert theirs.status == 403
    as_organization = "/api/v1/organization/alice/robots"
    assert len(alice.get(as_organization).json["robots"]) == 1
    assert alice.delete(f"{as_organization}/bot").status == 204


def test_an_unknown_organization(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    for base in ("/api/v1/organization/nosuch", "/api/v1/organization/%00"):
        assert local.get(f"{base}/robots").status == 401
        alice = local_user(cast.alice)
        for path in ("robots", "robots/ci", "robots/ci/tokens"):
            assert refused(alice.get(f"{base}/{path}"), 403, "insufficient_scope")
        assert alice.get(f"{base}/robots/ci/permissions").status == 403
    settings.SUPER_USERS, settings.FEATURE_SUPERUSERS_FULL_ACCESS = ["charlie"], True
    boss = local_user(cast.charlie)
    nosuch = "/api/v1/organization/nosuch/robots"
    listed = boss.get(f"{nosuch}?permissions=true")
    assert (listed.status, listed.json) == (200, {"robots": []})
    for answer in (boss.get(f"{nosuch}/ci"), boss.put(f"{nosuch}/ci")):
        assert answer.status == 400
        assert answer.text == '{"message":"Organization does not exist: nosuch"}'
    assert boss.get(f"{ORG}/ci").json["token"] == cast.ci_secret.reveal()


def test_duplicates_and_mirrors(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    answer = alice.put(f"{ORG}/ci", {"description": "again"})
    text = "Existing robot with name: acme+ci"
    assert refused(answer, 400, "invalid_request", text)
    Repository.objects.filter(pk=cast.web.pk).update(mirror_robot=cast.ci)
    answer = alice.delete(f"{ORG}/ci")
    assert refused(answer, 400, "invalid_request", "Robot is being used by a mirror")
    long = alice.put(f"{ORG}/{'n' * 252}")
    assert refused(long, 400, "invalid_request")


def test_permissions_of_a_robot(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    grant(cast.public, cast.ci, Role.ADMIN, factories.BY)
    past = timezone.now() - timedelta(seconds=1)
    grant(cast.api, cast.ci, Role.READ, factories.BY, past)
    add_member(cast.team, cast.ci, factories.BY)
    expected = [
        {"repository": {"name": "public", "is_public": True}, "role": "admin"},
        {"repository": {"name": "web", "is_public": False}, "role": "write"},
    ]
    assert alice.get(f"{ORG}/ci/permissions").json == {"permissions": expected}
    first = alice.get(f"{ORG}/ci/permissions?limit=1").json
    token = first.pop("next_page")
    assert first == {"permissions": expected[:1]}
    rest = alice.get(f"{ORG}/ci/permissions?limit=1&next_page={token}").json
    assert rest == {"permissions": expected[1:]}
    listed = alice.get(f"{ORG}?permissions=true&q=ci").json["robots"]
    assert listed[0]["repositories"] == ["public", "web"]
    abort = (
        "You don't have the permission to access the requested resource. It is either"
        " read-protected or not readable by the server."
    )
    for client in (local_user(cast.bob), local_user(cast.alice, "user:admin")):
        for base in (ORG, "/api/v1/organization/nosuch/robots"):
            answer = client.get(f"{base}/ci/permissions")
            assert (answer.status, answer.json) == (403, {"message": abort})
    narrow = local_user(cast.alice, "org:admin user:read")
    answer = narrow.get(f"{ORG}/ci/permissions")
    assert refused(answer, 403, "insufficient_scope", "Unauthorized")
    both = local_user(cast.alice, "org:admin user:admin")
    assert both.get(f"{ORG}/ci/permissions").status == 200
    assert signed_in(cast.alice).get(f"{ORG}/ci/permissions").status == 200


def test_a_robot_is_changed(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    body = {
        "description": "ü" * 255,
        "unstructured_metadata": {"team": 1},
        "enabled": False,
        "expires_at": "2130-06-30T12:00:00+02:00",
    }
    changed = alice.patch(f"{ORG}/ci", body)
    assert changed.status == 200
    assert "token" not in changed.json
    same = body | {"expires_at": "2130-06-30T10:00:00Z"}
    assert same.items() <= changed.json.items()
    shown = alice.get(f"{ORG}/ci").json
    assert shown.pop("token") == cast.ci_secret.reveal()
    assert shown == changed.json
    cast.ci.refresh_from_db()
    assert cast.ci.expires_at == datetime(2130, 6, 30, 10, tzinfo=UTC)
    assert events("change_robot") == [
        {
            "robot": "ci",
            "description": "ü" * 255,
            "metadata": {"team": 1},
            "enabled": False,
            "expires_at": "2130-06-30T10:00:00+00:00",
        }
    ]
    for unchanged in (same, {}, {"enabled": False}):
        assert alice.patch(f"{ORG}/ci", unchanged).status == 200
    assert len(events("change_robot")) == 1
    alice.patch(f"{ORG}/ci", {"unstructured_metadata": {"team": True}})
    alice.patch(f"{ORG}/ci", {"expires_at": None})
    assert events("change_robot")[1:] == [
        {"robot": "ci", "metadata": {"team": True}},
        {"robot": "ci", "expires_at": None},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "other"},
        {"description": None},
        {"description": "x" * 256},
        {"unstructured_metadata": None},
        {"enabled": "false"},
        {"enabled": 0},
        {"expires_at": "soon"},
        {"expires_at": 1900000000},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"expires_at": ""},
        [],
        b"null",
    ],
    ids=ascii,
)
def test_a_bad_change_changes_nothing(
    cast: Cast, local_user: LocalUser, body: Any
) -> None:
    before = Robot.objects.filter(pk=cast.ci.pk).values().get()
    answer = local_user(cast.alice).patch(f"{ORG}/ci", body)
    assert refused(answer, 400, "invalid_request")
    assert Robot.objects.filter(pk=cast.ci.pk).values().get() == before
    assert events("change_robot") == []


def test_a_deleted_name_is_free_again_at_once(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    tokens = set()
    for _ in range(200):
        made = alice.put(f"{ORG}/phoenix")
        assert made.status == 201
        tokens.add(made.json["token"])
        assert alice.delete(f"{ORG}/phoenix").status == 204
    assert len(tokens) == 200
    assert not Robot.objects.filter(name="phoenix").exists()


def test_names_that_a_pattern_would_match_are_apart(
    cast: Cast, local_user: LocalUser
) -> None:
    for name in ("a-b", "a_b"):
        namespace = factories.organization(name, owner=cast.alice)
        create_robot(namespace, f"of.{name}", factories.BY)
    factories.team(cast.acme, "bosses", TeamRole.ADMIN, (cast.bob,))
    alice = local_user(cast.alice)
    for name in ("a-b", "a_b"):
        [robot] = alice.get(f"/api/v1/organization/{name}/robots").json["robots"]
        assert robot["name"] == f"{name}+of.{name}"
    assert "token" in local_user(cast.bob).get(f"{ORG}/ci").json
