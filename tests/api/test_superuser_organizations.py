"""Organizations as site administrators see them: contract 1.10, M10 and P3."""

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.freshness import SIGNED_IN_AT
from robots.models import AuditEvent, Namespace, Repository, Robot, Team, TeamMember
from robots.roles import TeamRole
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast
from tests.registryauth.endpoint import basic

pytestmark = pytest.mark.django_db

ORGS = "/api/v1/superuser/organizations/"
TAKE = "/api/v1/superuser/takeownership/"


@pytest.fixture
def root(cast: Cast, local_user: LocalUser) -> LocalClient:
    return local_user(factories.user("root", is_superuser=True))


def test_organizations_are_listed_in_pages_and_searched(
    cast: Cast,
    root: LocalClient,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        factories.organization(f"org{number}")
    root.get(ORGS)
    with django_assert_num_queries(2):
        every = root.get(ORGS)
    assert list(every.json) == ["organizations"]
    names = [item["name"] for item in every.json["organizations"]]
    assert names == ["acme", "org0", "org1", "org2", "org3", "org4"]
    first = every.json["organizations"][0]
    assert list(first) == ["name", "email", "avatar"]
    assert (first["email"], first["avatar"]["kind"]) == ("", "org")
    page = root.get(f"{ORGS}?limit=4").json
    rest = root.get(f"{ORGS}?limit=4&next_page={page['next_page']}").json
    listed = page["organizations"] + rest["organizations"]
    assert [item["name"] for item in listed] == names
    assert "next_page" not in rest
    found = root.get(f"{ORGS}?q=G3").json["organizations"]
    assert [item["name"] for item in found] == ["org3"]
    bad = root.get(f"{ORGS}?limit=abc")
    assert (bad.status, list(bad.json["message"])) == (400, ["limit"])
    assert root.get(f"{ORGS}?q=%00").status == 400


def test_an_organization_is_renamed_with_all_that_is_in_it(
    cast: Cast, root: LocalClient, local: LocalClient, local_user: LocalUser
) -> None:
    renamed = root.put(f"{ORGS}acme", {"name": "apex"})
    assert renamed.status == 200
    assert list(renamed.json) == ["name", "email", "avatar"]
    assert renamed.json["name"] == "apex"
    cast.acme.refresh_from_db()
    assert cast.acme.name == "apex"
    alice = local_user(cast.alice)
    robot = alice.get("/api/v1/organization/apex/robots/ci").json
    assert robot["name"] == "apex+ci"
    secret = cast.ci_secret.reveal()
    for name, status in (("apex+ci", 200), ("acme+ci", 401)):
        login = basic(name, secret)
        assert local.get("/v2/auth", Authorization=login).status == status
    event = AuditEvent.objects.get(kind="org_change_name")
    assert event.namespace_id == cast.acme.pk
    assert event.facts["old_name"] == "acme"
    assert event.facts["new_name"] == "apex"
    factories.organization("acme")
    same = root.put(f"{ORGS}apex", {"name": "apex"})
    assert (same.status, same.json) == (200, renamed.json)
    assert root.put(f"{ORGS}apex", {}).json == renamed.json
    assert AuditEvent.objects.filter(kind="org_change_name").count() == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alice", "A user or organization with this name already exists"),
        ("other", "A user or organization with this name already exists"),
        ("x", "Invalid namespace x: Namespace must be between 2 and 255 characters"),
        ("Bad Name", "Invalid namespace Bad Name: Namespace must match"),
        ("a+b", "Invalid namespace a+b: Namespace must match"),
        ("n" * 253, "The full name of a robot may have 255 characters"),
        (5, "5 is not of type 'string'"),
        (None, "None is not of type 'string'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: object, message: str, cast: Cast, root: LocalClient
) -> None:
    factories.organization("other")
    answer = root.put(f"{ORGS}acme", {"name": name})
    assert (answer.status, answer.json["error_type"]) == (400, "invalid_request")
    assert answer.json["detail"].startswith(message)
    assert Namespace.objects.filter(name="acme").exists()


def test_an_organization_is_deleted_and_its_name_is_free(
    cast: Cast, root: LocalClient
) -> None:
    gone = root.delete(f"{ORGS}acme")
    assert (gone.status, gone.text) == (204, "")
    assert not Robot.objects.exists()
    assert AuditEvent.objects.get(kind="org_delete").performer_name == "root"
    assert root.delete(f"{ORGS}acme").status == 404
    factories.organization("acme")


def test_what_is_no_organization_is_404(cast: Cast, root: LocalClient) -> None:
    for name in ("nothing", "alice", "acme+ci", "%00", "%ED%A0%80", "x" * 999, "A"):
        for method in ("PUT", "DELETE"):
            answer = root.send(method, ORGS + name, {"name": "new"}, {})
            assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert User.objects.filter(username="alice").exists()


def test_only_site_administrators_change_and_auditors_read(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    changes = [
        ("PUT", f"{ORGS}acme"),
        ("DELETE", f"{ORGS}acme"),
        ("POST", TAKE + "bob"),
    ]
    assert local.get(ORGS).status == 401
    assert local_user(cast.bob).get(ORGS).status == 403
    assert local_user(cast.alice, "org:admin user:admin").get(ORGS).status == 403
    assert local_user(cast.charlie).get(ORGS).status == 200
    narrow = local_user(cast.alice, "org:admin user:admin repo:admin")
    for client in (local_user(cast.bob), local_user(cast.charlie), narrow):
        for method, path in changes:
            answer = client.send(method, path, {"name": "apex"}, {})
            assert (answer.status, answer.json["error_type"]) == (
                403,
                "insufficient_scope",
            )
    browser = signed_in(cast.alice)
    session = browser.django.session
    session[SIGNED_IN_AT] = 0
    session.save()
    for method, path in changes:
        answer = browser.send(method, path, {"name": "apex"}, {})
        assert answer.json["error_type"] == "fresh_login_required"
    assert cast.acme.name in Namespace.objects.values_list("name", flat=True)


def test_ownership_of_an_organization_is_a_place_among_the_owners(
    cast: Cast, root: LocalClient
) -> None:
    taken = root.post(f"{TAKE}acme")
    assert (taken.status, taken.json) == (200, {"namespace": "acme"})
    owners = Team.objects.get(namespace=cast.acme, name="owners")
    members = owners.members.values_list("user__username", flat=True)
    assert list(members) == ["alice", "root"]
    assert root.post(f"{TAKE}acme/").status == 200
    assert owners.members.count() == 2
    event = AuditEvent.objects.filter(kind="take_ownership").last()
    assert event is not None
    assert event.namespace_name == "root"
    assert event.facts["namespace"] == "acme"
    assert event.facts["was_user"] is False


@pytest.mark.parametrize("left", ["another", "none"])
def test_ownership_where_there_is_no_team_of_that_name(
    left: str, cast: Cast, root: LocalClient
) -> None:
    Team.objects.filter(namespace=cast.acme, name="owners").delete()
    if left == "another":
        factories.team(cast.acme, "chiefs", TeamRole.ADMIN)
    assert root.post(f"{TAKE}acme").status == 200
    team = TeamMember.objects.get(user__username="root").team
    expected = "chiefs" if left == "another" else "owners"
    assert (team.name, team.role) == (expected, TeamRole.ADMIN)


@pytest.mark.parametrize("role", [TeamRole.MEMBER, TeamRole.CREATOR])
def test_ownership_gives_nobody_else_a_higher_role(
    role: TeamRole, cast: Cast, root: LocalClient
) -> None:
    Team.objects.filter(namespace=cast.acme).exclude(pk=cast.team.pk).delete()
    factories.team(cast.acme, "owners", role, members=(cast.charlie, cast.reader))
    factories.team(cast.acme, "owners2", role, members=(cast.charlie,))
    assert root.post(f"{TAKE}acme").status == 200
    roles = dict(cast.acme.teams.values_list("name", "role"))
    assert roles.pop("owners3") == TeamRole.ADMIN
    assert TeamRole.ADMIN not in roles.values()
    assert roles["owners"] == roles["owners2"] == role
    admin = TeamMember.objects.get(team__name="owners3")
    assert (str(admin.user), admin.robot) == ("root", None)
    assert not AuditEvent.objects.filter(kind="org_set_team_role").exists()
    assert root.post(f"{TAKE}acme").status == 200
    assert cast.acme.teams.filter(role=TeamRole.ADMIN).count() == 1


def test_a_persons_namespace_becomes_an_organization(
    cast: Cast, root: LocalClient, local: LocalClient
) -> None:
    cast.bob.email = "bob@example.com"
    cast.bob.save()
    own = Namespace.objects.get(name="bob")
    robot, secret = factories.robot(own, "bot")
    factories.repository(own, "tool")
    browser = signed_in(cast.bob)
    taken = root.post(f"{TAKE}bob")
    assert (taken.status, taken.json) == (200, {"namespace": "bob"})
    own.refresh_from_db()
    assert (own.is_organization, own.owner, own.email) == (
        True,
        None,
        "bob@example.com",
    )
    assert not User.objects.filter(username="bob").exists()
    assert Repository.objects.filter(namespace=own).count() == 1
    assert robot in own.robots.all()
    assert browser.get("/api/v1/user/").status == 401
    assert local.get("/v2/auth", Authorization=basic("bob")).status == 401
    login = basic("bob+bot", secret)
    assert local.get("/v2/auth", Authorization=login).status == 200
    made = root.put("/api/v1/organization/bob/robots/another", {})
    assert made.status == 201
    event = AuditEvent.objects.get(kind="take_ownership")
    assert event.facts["was_user"] is True


def test_what_cannot_be_taken_over(
    cast: Cast, root: LocalClient, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    for name in ("alice", "root"):
        answer = root.post(TAKE + name)
        assert answer.status == 400
        assert answer.json["detail"] == "Cannot take ownership of a superuser"
    for name in ("nothing", "acme+ci", "%00", "x" * 999):
        answer = root.post(TAKE + name)
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert User.objects.filter(username__in=["alice", "root"]).count() == 2
