"""Default permissions over the API: contract section 1.5."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from robots.audit import Performer
from robots.errors import DomainError, ForeignNamespace
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.repositories import create_repository
from robots.models import AuditEvent, DefaultPermission, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

PATH = "/api/v1/organization/acme/prototypes"
BY = Performer.command("tests")


def body(name: str, kind: str = "user", role: str = "read") -> dict[str, Any]:
    return {"role": role, "delegate": {"name": name, "kind": kind}}


def facts(kind: str) -> dict[str, Any]:
    """What the one event of a kind says, without the credential of the caller."""
    event = AuditEvent.objects.get(kind=kind)
    return {k: v for k, v in event.facts.items() if not k.startswith("oauth_token")}


def test_a_robot_is_granted_every_new_repository(
    cast: Cast, alice: LocalClient
) -> None:
    sent = body("acme+ci")
    sent["delegate"]["is_robot"] = True
    made = alice.post(PATH, {**sent, "extra": 1})
    assert made.status == 200
    assert made.json == {
        "activating_user": None,
        "delegate": {
            "name": "acme+ci",
            "is_robot": True,
            "kind": "user",
            "is_org_member": True,
            "avatar": made.json["delegate"]["avatar"],
        },
        "role": "read",
        "id": str(UUID(made.json["id"])),
    }
    assert alice.get(PATH).json == {"prototypes": [made.json]}
    repository = create_repository(cast.acme, "new", BY)
    granted = RepositoryPermission.objects.get(repository=repository)
    assert (granted.robot, granted.role) == (cast.ci, Role.READ)
    assert facts("create_prototype_permission") == {
        "prototypeid": made.json["id"],
        "username": "alice",
        "activating_username": None,
        "role": "read",
        "delegate_user": "acme+ci",
    }


def test_creators_and_teams_are_told_apart(cast: Cast, alice: LocalClient) -> None:
    sent = {**body("developers", "team", "write"), "activating_user": {"name": "bob"}}
    team = alice.post(PATH, sent).json
    assert team["activating_user"] == {
        "name": "bob",
        "is_robot": False,
        "kind": "user",
        "is_org_member": True,
        "avatar": team["activating_user"]["avatar"],
    }
    assert team["delegate"].keys() == {"name", "kind", "avatar"}
    assert (team["delegate"]["name"], team["delegate"]["kind"]) == (
        "developers",
        "team",
    )
    sent = {**body("charlie"), "activating_user": {"name": "acme+ci", "kind": "user"}}
    person = alice.post(PATH, sent).json
    assert person["activating_user"]["is_robot"] is True
    assert person["delegate"]["is_org_member"] is False
    assert alice.post(PATH, sent).json["id"] != person["id"]
    anybody = alice.post(PATH, {**body("charlie"), "activating_user": None}).json
    assert anybody["activating_user"] is None
    stored = DefaultPermission.objects.order_by("id")
    assert [(row.creator_user, row.creator_robot) for row in stored] == [
        (cast.bob, None),
        (None, cast.ci),
        (None, cast.ci),
        (None, None),
    ]


def test_a_role_is_changed_and_a_row_deleted(cast: Cast, alice: LocalClient) -> None:
    sent = {**body("developers", "team"), "activating_user": {"name": "bob"}}
    made = alice.post(PATH, sent).json
    path = f"{PATH}/{made['id']}"
    changed = alice.put(path, {"role": "admin", "id": made["id"]})
    assert (changed.status, changed.json) == (200, made | {"role": "admin"})
    assert DefaultPermission.objects.get().role == Role.ADMIN
    told = {
        "prototypeid": made["id"],
        "username": "alice",
        "activating_username": "bob",
        "role": "admin",
        "delegate_team": "developers",
    }
    assert facts("modify_prototype_permission") == told | {"original_role": "read"}
    gone = alice.delete(path)
    assert (gone.status, gone.text) == (204, "")
    assert not DefaultPermission.objects.exists()
    assert facts("delete_prototype_permission") == told
    for answer in (alice.put(path, {"role": "read"}), alice.delete(path)):
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")


def test_what_cannot_be_named_is_refused(cast: Cast, alice: LocalClient) -> None:
    other = factories.organization("globex", cast.alice)
    robot, _ = factories.robot(other, "ci")
    team = factories.team(other, "sales")
    no_delegate = "Missing delegate user or team"
    no_creator = "Unknown activating user"
    good = body("bob")
    cases: list[tuple[Any, str]] = [
        (body("nosuch"), no_delegate),
        (body("acme+nosuch"), no_delegate),
        (body("globex+ci"), no_delegate),
        (body("globex+nosuch"), no_delegate),
        (body("acme"), no_delegate),
        (body(""), no_delegate),
        (body("x" * 300), no_delegate),
        (body("nosuch", "team"), no_delegate),
        (body("sales", "team"), no_delegate),
        (body("Bad Team", "team"), no_delegate),
        ({**good, "activating_user": {"name": "nosuch"}}, no_creator),
        ({**good, "activating_user": {"name": "globex+ci"}}, no_creator),
        ({**good, "activating_user": {}}, "'name' is a required property"),
        ({"role": "read"}, "'delegate' is a required property"),
        ({"delegate": good["delegate"]}, "'role' is a required property"),
        (body("bob", role="owner"),
         "'owner' is not one of ['read', 'write', 'admin']"),
        (body("bob", "robot"), "'robot' is not one of ['user', 'team']"),
    ]  # fmt: skip
    for sent, message in cases:
        refused = alice.post(PATH, sent)
        assert (refused.status, refused.json["error_message"]) == (400, message), sent
    odd: list[Any] = [
        {**good, "delegate": "bob"},
        {**good, "delegate": None},
        {**good, "delegate": []},
        {**good, "activating_user": "bob"},
        body("nul\x00"),
        [good],
    ]
    for sent in odd:
        assert alice.post(PATH, sent).status == 400, sent
    for grantee in (robot, team):
        with pytest.raises(ForeignNamespace):
            create_default_permission(cast.acme, grantee, Role.READ, BY)
    with pytest.raises(ForeignNamespace):
        create_default_permission(cast.acme, cast.bob, Role.READ, BY, robot)
    with pytest.raises(DomainError):
        own = cast.bob.personal_namespace
        create_default_permission(own, cast.bob, Role.READ, BY)
    assert not DefaultPermission.objects.exists()
    assert not AuditEvent.objects.filter(kind__contains="prototype").exists()


def test_another_organizations_rows_are_out_of_reach(
    cast: Cast, alice: LocalClient
) -> None:
    other = factories.organization("globex", cast.charlie)
    row = create_default_permission(other, cast.charlie, Role.READ, BY)
    for wanted in (str(row.uuid), str(uuid4()), "1", "nosuch", "%00", "x" * 300):
        path = f"{PATH}/{wanted}"
        for answer in (alice.put(path, {"role": "admin"}), alice.delete(path)):
            assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    row.refresh_from_db()
    assert row.role == Role.READ
    assert alice.get(PATH).json == {"prototypes": []}
    own = create_default_permission(cast.acme, cast.bob, Role.READ, BY)
    for wrong in ({}, {"role": "none"}, {"role": 3}, None):
        status = 415 if wrong is None else 400
        assert alice.put(f"{PATH}/{own.uuid}", wrong).status == status


def test_long_lists_are_paged_searched_and_cost_the_same(
    cast: Cast,
    alice: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(3):
        person = factories.user(f"person{n}")
        robot, _ = factories.robot(cast.acme, f"bot{n}")
        team = factories.team(cast.acme, f"team{n}")
        create_default_permission(cast.acme, person, Role.READ, BY, robot)
        create_default_permission(cast.acme, robot, Role.READ, BY, person)
        create_default_permission(cast.acme, team, Role.READ, BY)
    with django_assert_max_num_queries(6):
        everything = [row["id"] for row in alice.get(PATH).json["prototypes"]]
    stored = DefaultPermission.objects.order_by("id").values_list("uuid", flat=True)
    assert everything == [str(row) for row in stored]
    found, query = [], "limit=4"
    while query:
        page = alice.get(f"{PATH}?{query}").json
        found += [row["id"] for row in page["prototypes"]]
        token = page.get("next_page")
        query = f"limit=4&next_page={token}" if token else ""
    assert found == everything
    counts = {"BOT1": 2, "person2": 2, "team0": 1, "nobody": 0}
    for word, count in counts.items():
        assert len(alice.get(f"{PATH}?q={word}").json["prototypes"]) == count
    assert alice.get(f"{PATH}?limit=-1").status == 400


def test_who_may(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["dora"]
    auditor = local_user(factories.user("dora"))
    row = create_default_permission(cast.acme, cast.bob, Role.READ, BY)
    less = local_user(cast.alice, "repo:admin repo:create user:admin super:user")
    assert auditor.get(PATH).status == 200
    assert local_user(cast.alice, "org:admin").get(PATH).status == 200
    assert local.get(PATH).status == 401
    for client in (local_user(cast.bob), local_user(cast.charlie), less):
        assert client.get(PATH).status == 403
    for client in (local_user(cast.bob), less, auditor, local):
        assert client.post(PATH, body("bob")).status == 403
        assert client.put(f"{PATH}/{row.uuid}", {"role": "admin"}).status == 403
        assert client.delete(f"{PATH}/{row.uuid}").status == 403
    own = PATH.replace("acme", "bob")
    assert local_user(cast.bob).post(own, body("charlie")).status == 403
    assert auditor.get(own).status == 404
    row.refresh_from_db()
    assert (row.role, DefaultPermission.objects.count()) == (Role.READ, 1)
