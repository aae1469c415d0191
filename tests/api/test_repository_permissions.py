"""Who has which role on a repository, over the API: contract section 1.3."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.errors import NotFound
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Repository, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.shapes import REQUIRES_AUTHENTICATION, UNAUTHORIZED, shape_a
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

WEB = "/api/v1/repository/acme/web/permissions"
NOT_FOUND = shape_a("not_found", "Not Found", 404)
NO_USER = "User does not have permission for repo."
NO_TEAM = "Team does not have permission for repo."


def refused(message: str) -> dict[str, object]:
    return shape_a("invalid_request", message, 400)


@pytest.mark.parametrize("name", ["acme+ci", "acme%2Bci"])
def test_a_robots_role_is_set_shown_and_removed(
    cast: Cast, alice: LocalClient, name: str
) -> None:
    path = f"{WEB}/user/{name}"
    made = alice.put(path, {"role": "admin", "name": "x", "id": 5})
    assert made.status == 200
    assert list(made.json) == ["role", "name", "is_robot", "avatar", "is_org_member"]
    assert made.json["avatar"]["kind"] == "robot"
    del made.json["avatar"]
    assert made.json | {"avatar": 0} == {
        "role": "admin",
        "name": "acme+ci",
        "is_robot": True,
        "avatar": 0,
        "is_org_member": True,
    }
    assert cast.ci.repository_permissions.get().role == Role.ADMIN
    event = AuditEvent.objects.filter(kind="change_repo_permission").latest("id")
    assert event.repository_name == "web"
    assert event.facts["username"] == "acme+ci"
    assert event.facts["role"] == "admin"
    assert event.facts["oauth_token_application"] == "tests"
    shown = alice.get(path)
    assert (shown.status, shown.json) == (200, made.json)
    assert alice.get(f"{path}/").json == made.json
    gone = alice.delete(path)
    assert (gone.status, gone.text) == (204, "")
    assert not cast.ci.repository_permissions.exists()
    event = AuditEvent.objects.get(kind="delete_repo_permission")
    assert event.facts["username"] == "acme+ci"
    assert alice.get(path).text == f'{{"message":"{NO_USER}"}}'
    again = alice.delete(path)
    assert (again.status, again.json) == (400, refused(NO_USER))


def test_a_persons_role_tells_of_membership_in_organizations_only(
    cast: Cast, alice: LocalClient, local_user: LocalUser
) -> None:
    assert alice.put(f"{WEB}/user/bob", {"role": "read"}).json["is_org_member"] is True
    stranger = alice.put(f"{WEB}/user/charlie", {"role": "write"}).json
    assert stranger["is_org_member"] is False
    assert stranger["is_robot"] is False
    listed = alice.get(f"{WEB}/user/")
    assert listed.status == 200
    assert {
        name: (item["role"], item["is_org_member"])
        for name, item in listed.json["permissions"].items()
    } == {
        "acme+ci": ("write", True),
        "acme+reader": ("read", True),
        "bob": ("read", True),
        "charlie": ("write", False),
    }
    assert listed.json["permissions"]["charlie"] == stranger
    factories.repository(cast.bob.personal_namespace, "own")
    own = local_user(cast.bob).put(
        "/api/v1/repository/bob/own/permissions/user/charlie", {"role": "read"}
    )
    assert list(own.json) == ["role", "name", "is_robot", "avatar"]


def test_a_teams_role_is_set_shown_and_removed(cast: Cast, alice: LocalClient) -> None:
    path = f"{WEB}/team/developers"
    made = alice.put(path, {"role": "write"})
    assert (made.status, list(made.json)) == (200, ["role", "name", "avatar"])
    assert cast.team.repository_permissions.get(repository=cast.web).role == Role.WRITE
    assert alice.get(path).text == '{"role": "write"}'
    assert alice.get(f"{WEB}/team/").json == {"permissions": {"developers": made.json}}
    assert alice.delete(path).status == 204
    assert alice.get(f"{WEB}/team").json == {"permissions": {}}
    assert alice.get(path).text == f'{{"message":"{NO_TEAM}"}}'
    assert alice.delete(path).json == refused(NO_TEAM)
    kinds = AuditEvent.objects.filter(facts__team="developers", repository_name="web")
    assert list(kinds.order_by("id").values_list("kind", flat=True)) == [
        "change_repo_permission",
        "delete_repo_permission",
    ]


def test_nobody_gets_a_role_that_cannot_have_one(
    cast: Cast, alice: LocalClient
) -> None:
    other = factories.organization("globex", cast.charlie)
    foreign, _ = factories.robot(other, "ci")
    factories.team(other, "spies")
    before = set(RepositoryPermission.objects.values_list("id", "role"))
    cases = [
        ("user/globex+ci", "Cannot add robot globex+ci under namespace acme"),
        ("user/globex+none", "Cannot add robot globex+none under namespace acme"),
        ("user/alice+ci", "Cannot add robot alice+ci under namespace acme"),
        ("user/acme", "Namespace owner must always be admin."),
        ("user/acme+nosuch", "Invalid username: acme+nosuch"),
        ("user/nobody", "Invalid username: nobody"),
        ("user/acme+", "Invalid username: acme+"),
        ("user/+ci", "Invalid username: +ci"),
        ("user/a+b+c", "Invalid username: a+b+c"),
        ("user/ACME%2Bci", "Invalid username: ACME+ci"),
        ("user/acme%2Bci%0A", "Invalid username: acme+ci\n"),
        ("user/a%00b", "Invalid username: a\x00b"),
        ("team/spies", "No team spies in organization acme"),
        ("team/a%00b", "No team a\x00b in organization acme"),
    ]
    for path, message in cases:
        answer = alice.put(f"{WEB}/{path}", {"role": "read"})
        assert (answer.status, answer.json) == (400, refused(message)), path
    for path, status in (("user/globex+ci", 400), ("user/a%ff", 400), ("team/x", 400)):
        assert alice.get(f"{WEB}/{path}").status == status
        assert alice.delete(f"{WEB}/{path}").status == status
    owner = alice.delete(f"{WEB}/user/acme")
    assert owner.json == refused("Namespace owner must always be admin.")
    assert set(RepositoryPermission.objects.values_list("id", "role")) == before
    assert not foreign.repository_permissions.exists()


def test_the_owner_of_a_personal_namespace_keeps_it(
    cast: Cast, alice: LocalClient
) -> None:
    repository = factories.repository(cast.alice.personal_namespace, "own")
    base = "/api/v1/repository/alice/own/permissions"
    message = "Namespace owner must always be admin."
    assert alice.put(f"{base}/user/alice", {"role": "read"}).json == refused(message)
    assert alice.delete(f"{base}/user/alice").json == refused(message)
    foreign = alice.put(f"{base}/user/acme+ci", {"role": "read"})
    assert foreign.json == refused("Cannot add robot acme+ci under namespace alice")
    team = alice.put(f"{base}/team/developers", {"role": "read"})
    assert team.json == refused("No team developers in organization alice")
    assert not repository.permissions.exists()


def test_roles_are_checked_as_a_json_schema_would(
    cast: Cast, alice: LocalClient
) -> None:
    path = f"{WEB}/user/bob"
    for body, message in (
        ({}, "'role' is a required property"),
        ({"role": "owner"}, "'owner' is not one of ['read', 'write', 'admin']"),
        ({"role": "READ"}, "'READ' is not one of ['read', 'write', 'admin']"),
        ({"role": 1}, "1 is not of type 'string'"),
        ({"role": None}, "None is not of type 'string'"),
        ({"role": ["read"]}, "['read'] is not of type 'string'"),
        ([], "[] is not of type 'object'"),
    ):
        answer = alice.put(path, body)
        assert (answer.status, answer.json) == (400, refused(message))
    assert alice.put(path).status == 415
    assert alice.post(path, {"role": "read"}).status == 405
    assert not cast.bob.repository_permissions.exists()


def test_a_repository_that_is_missing(
    cast: Cast, alice: LocalClient, local: LocalClient, local_user: LocalUser
) -> None:
    base = "/api/v1/repository/acme/nosuch/permissions"
    for kind, name in (("user", "bob"), ("team", "developers")):
        assert alice.get(f"{base}/{kind}/").json == {"permissions": {}}
        for answer in (
            alice.get(f"{base}/{kind}/{name}"),
            alice.put(f"{base}/{kind}/{name}", {"role": "read"}),
            alice.delete(f"{base}/{kind}/{name}"),
        ):
            assert (answer.status, answer.json) == (404, NOT_FOUND)
        assert local.get(f"{base}/{kind}/").json == REQUIRES_AUTHENTICATION
        assert local_user(cast.bob).get(f"{base}/{kind}/").json == UNAUTHORIZED
    assert alice.get(f"{base}/user/bob/transitive").json == NOT_FOUND
    foreign = "/api/v1/repository/nosuch/nosuch/permissions/user/"
    assert alice.get(foreign).json == UNAUTHORIZED


def test_transitive_roles_come_directly_and_by_teams(
    cast: Cast, alice: LocalClient
) -> None:
    path = "/api/v1/repository/acme/api/permissions/user"
    assert alice.get(f"{path}/bob/transitive").json == {
        "permissions": [{"role": "write"}]
    }
    grant(cast.api, cast.bob, Role.READ, factories.BY)
    other = factories.team(cast.acme, "others", members=(cast.bob,))
    grant(cast.api, other, Role.ADMIN, factories.BY)
    add_member(cast.team, cast.ci, factories.BY)
    roles = alice.get(f"{path}/bob/transitive").json["permissions"]
    assert roles == [{"role": "write"}, {"role": "read"}, {"role": "admin"}]
    assert alice.get(f"{path}/acme+ci/transitive").json == {
        "permissions": [{"role": "write"}]
    }
    for name in (
        "acme+reader",
        "acme+nosuch",
        "charlie",
        "nobody",
        "globex+ci",
        "alice",
    ):
        answer = alice.get(f"{path}/{name}/transitive")
        assert (answer.status, answer.json) == (404, NOT_FOUND)


def test_a_permission_that_has_ended_does_not_show(
    cast: Cast, alice: LocalClient
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    grant(cast.web, cast.ci, Role.WRITE, factories.BY, expires_at=past)
    assert "acme+ci" not in alice.get(f"{WEB}/user/").json["permissions"]
    assert alice.get(f"{WEB}/user/acme+ci").status == 400
    assert alice.get(f"{WEB}/user/acme+ci/transitive").status == 404
    assert alice.put(f"{WEB}/user/acme+ci", {"role": "read"}).status == 200
    assert cast.ci.repository_permissions.get().expires_at is None


def test_who_may(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    settings: Settings,
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    grant(cast.web, cast.bob, Role.WRITE, factories.BY)
    before = set(RepositoryPermission.objects.values_list("id", "role"))
    reads = [
        f"{WEB}/{rest}"
        for rest in ("user/", "team/", "user/acme+ci", "user/acme+ci/transitive")
    ]
    for path in reads:
        assert local.get(path).json == REQUIRES_AUTHENTICATION
        assert local_user(cast.bob).get(path).json == UNAUTHORIZED
        too_few = local_user(cast.alice, "repo:write org:admin user:admin")
        assert too_few.get(path).json == UNAUTHORIZED
        assert local_user(cast.charlie).get(path).status == 200
        assert local_user(cast.alice, "repo:admin").get(path).status == 200
    for client in (local_user(cast.bob), local_user(cast.charlie), too_few):
        for path in (f"{WEB}/user/bob", f"{WEB}/team/developers"):
            assert client.put(path, {"role": "admin"}).json == UNAUTHORIZED
            assert client.delete(path).json == UNAUTHORIZED
    assert set(RepositoryPermission.objects.values_list("id", "role")) == before
    grant(cast.web, cast.bob, Role.ADMIN, factories.BY)
    bob = local_user(cast.bob, "repo:admin")
    assert bob.put(f"{WEB}/user/charlie", {"role": "read"}).status == 200


def test_site_administrators_with_full_access_write(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["charlie"]
    path = f"{WEB}/user/bob"
    assert local_user(cast.charlie).put(path, {"role": "read"}).json == UNAUTHORIZED
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    assert local_user(cast.charlie).put(path, {"role": "read"}).status == 200
    assert cast.bob.repository_permissions.get().role == Role.READ


def test_names_with_slashes_and_words_of_the_api(
    cast: Cast, alice: LocalClient
) -> None:
    logs = factories.user("logs")
    for name in ("a/b/c", "permissions", "permissions/user/x", "a/permissions/user/b"):
        repository: Repository = factories.repository(cast.acme, name)
        base = f"/api/v1/repository/acme/{name}/permissions"
        for who in ("logs", "acme+ci"):
            answer = alice.put(f"{base}/user/{who}", {"role": "read"})
            assert (answer.status, answer.json["name"]) == (200, who)
        assert repository.permissions.filter(user=logs).exists()
        assert alice.get(f"{base}/user/").json["permissions"].keys() == {
            "logs",
            "acme+ci",
        }
        assert alice.get(f"{base}/user/logs").json["role"] == "read"


def test_lists_cost_the_same_however_long(cast: Cast, alice: LocalClient) -> None:
    paths = (f"{WEB}/user/", f"{WEB}/team/")
    alice.get(WEB)  # The first use of a token is written down.
    counts = []
    for turn in range(2):
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert alice.get(path).status == 200
            counts.append(len(queries))
        for number in range(8):
            robot, _ = factories.robot(cast.acme, f"bot{turn}{number}")
            team = factories.team(cast.acme, f"team{turn}{number}")
            grant(cast.web, robot, Role.READ, factories.BY)
            grant(cast.web, team, Role.READ, factories.BY)
            person = factories.user(f"person{turn}{number}")
            grant(cast.web, person, Role.READ, factories.BY)
    assert counts[:2] == counts[2:] == [5, 4]
    assert len(alice.get(paths[0]).json["permissions"]) == 34
    assert len(alice.get(paths[1]).json["permissions"]) == 16


@pytest.mark.django_db(transaction=True)
def test_a_grant_on_what_is_gone_meanwhile(cast: Cast) -> None:
    gone = Repository.objects.get(pk=cast.api.pk)
    cast.api.delete()
    events = AuditEvent.objects.count()
    with pytest.raises(NotFound):
        grant(gone, cast.ci, Role.READ, factories.BY)
    assert AuditEvent.objects.count() == events
