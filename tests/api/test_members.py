"""People of an organization over the API: contract section 1.6."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from robots.audit import Performer
from robots.errors import DomainError
from robots.identity import Identity, Kind
from robots.lifecycle.organization_members import remove_person_from_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, RepositoryPermission, TeamMember
from robots.origin import NOWHERE
from robots.roles import Role, TeamRole
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ORG = "/api/v1/organization/acme"
MEMBERS = f"{ORG}/members"
COLLABORATORS = f"{ORG}/collaborators"


def test_members_are_people_with_their_teams_and_repositories(
    cast: Cast, alice: LocalClient
) -> None:
    factories.team(cast.acme, "builders", members=(cast.bob, cast.ci))
    grant(cast.web, cast.bob, Role.READ, factories.BY)
    grant(cast.api, cast.bob, Role.READ, factories.BY)
    ended = timezone.now() - timedelta(minutes=1)
    grant(cast.public, cast.bob, Role.READ, factories.BY, ended)
    grant(cast.web, cast.charlie, Role.READ, factories.BY)
    elsewhere = factories.organization("globex", cast.bob)
    grant(factories.repository(elsewhere, "other"), cast.alice, Role.READ, factories.BY)
    shown = alice.get(MEMBERS)
    assert (shown.status, shown.json.keys()) == (200, {"members"})
    first, bob = shown.json["members"]
    assert (first["name"], first["repositories"]) == ("alice", [])
    assert [team["name"] for team in first["teams"]] == ["owners"]
    assert bob == {
        "name": "bob",
        "kind": "user",
        "avatar": bob["avatar"],
        "teams": bob["teams"],
        "repositories": ["api", "web"],
    }
    assert [team["name"] for team in bob["teams"]] == ["builders", "developers"]
    assert bob["teams"][0].keys() == {"name", "avatar"}
    assert alice.get(f"{MEMBERS}/bob").json == bob


def test_a_robot_is_shown_and_never_removed(cast: Cast, alice: LocalClient) -> None:
    alone = alice.get(f"{MEMBERS}/acme+reader").json
    assert alone == {
        "name": "acme+reader",
        "kind": "robot",
        "avatar": alone["avatar"],
        "teams": [],
        "repositories": ["web"],
    }
    add_member(cast.team, cast.ci, factories.BY)
    teams = alice.get(f"{MEMBERS}/acme%2Bci").json["teams"]
    assert [team["name"] for team in teams] == ["developers"]
    assert alice.delete(f"{MEMBERS}/acme+ci").status == 404
    assert TeamMember.objects.filter(robot=cast.ci).exists()


def test_whoever_is_no_member_is_404(cast: Cast, alice: LocalClient) -> None:
    factories.robot(factories.organization("globex", cast.alice), "ci")
    grant(cast.web, cast.charlie, Role.READ, factories.BY)
    names = ("charlie", "nosuch", "globex+ci", "acme+nosuch", "acme", "%00", "B+A")
    for name in names:
        missing = alice.get(f"{MEMBERS}/{name}")
        assert (missing.status, missing.json["error_type"]) == (404, "not_found"), name
    for name in names[1:]:
        assert alice.delete(f"{MEMBERS}/{name}").status == 404


def test_collaborators_are_in_no_team(cast: Cast, alice: LocalClient) -> None:
    dora = factories.user("dora")
    for person in (cast.bob, cast.charlie, dora):
        grant(cast.web, person, Role.READ, factories.BY)
    grant(cast.api, cast.charlie, Role.READ, factories.BY)
    ended = timezone.now() - timedelta(minutes=1)
    grant(cast.web, dora, Role.READ, factories.BY, ended)
    shown = alice.get(COLLABORATORS)
    assert shown.status == 200
    (charlie,) = shown.json["collaborators"]
    assert charlie == {
        "name": "charlie",
        "kind": "user",
        "avatar": charlie["avatar"],
        "repositories": ["api", "web"],
    }


def test_a_person_is_removed_whole(cast: Cast, alice: LocalClient) -> None:
    elsewhere = factories.organization("globex", cast.bob)
    other = factories.repository(elsewhere, "other")
    factories.team(elsewhere, "ops", members=(cast.charlie,))
    grant(other, cast.charlie, Role.READ, factories.BY)
    add_member(cast.team, cast.charlie, factories.BY)
    factories.team(cast.acme, "admins", TeamRole.ADMIN, (cast.charlie,))
    grant(cast.web, cast.charlie, Role.READ, factories.BY)
    gone = alice.delete(f"{MEMBERS}/charlie")
    assert (gone.status, gone.text) == (204, "")
    assert TeamMember.objects.get(user=cast.charlie).namespace == elsewhere
    assert RepositoryPermission.objects.get(user=cast.charlie).repository == other
    left = AuditEvent.objects.filter(kind="org_remove_team_member").order_by("id")
    assert [event.facts["team"] for event in left] == ["developers", "admins"]
    assert {event.facts["member"] for event in left} == {"charlie"}
    lost = AuditEvent.objects.get(kind="delete_repo_permission")
    assert (lost.facts["username"], lost.repository_name) == ("charlie", "web")
    count = AuditEvent.objects.count()
    assert alice.delete(f"{MEMBERS}/charlie").status == 204
    assert AuditEvent.objects.count() == count


def test_the_only_administrator_stays(cast: Cast, alice: LocalClient) -> None:
    grant(cast.web, cast.alice, Role.READ, factories.BY)
    refused = alice.delete(f"{MEMBERS}/alice")
    assert refused.status == 400
    assert refused.json == {
        "message": "Cannot remove user as they are the only organization admin"
    }
    assert RepositoryPermission.objects.filter(user=cast.alice).exists()
    owners = cast.acme.teams.get(name="owners")
    add_member(owners, cast.bob, factories.BY)
    former = Performer.caller(Identity(Kind.USER, "dora", cast.charlie.pk), NOWHERE)
    with pytest.raises(DomainError, match="no longer an administrator"):
        remove_person_from_organization(cast.acme, cast.alice, former)
    assert alice.delete(f"{MEMBERS}/alice").status == 204
    assert alice.get(MEMBERS).status == 403


def test_long_lists_are_paged_searched_and_cost_the_same(
    cast: Cast,
    alice: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(5):
        member, guest = factories.user(f"member{n}"), factories.user(f"guest{n}")
        add_member(cast.team, member, factories.BY)
        grant(cast.web, member, Role.READ, factories.BY)
        grant(cast.web, guest, Role.READ, factories.BY)
    for path, key, word in (
        (MEMBERS, "members", "member"),
        (COLLABORATORS, "collaborators", "guest"),
    ):
        with django_assert_max_num_queries(7):
            everybody = [item["name"] for item in alice.get(path).json[key]]
        assert len(everybody) >= 5
        found, query = [], "limit=2"
        while query:
            page = alice.get(f"{path}?{query}").json
            found += [item["name"] for item in page[key]]
            token = page.get("next_page")
            query = f"limit=2&next_page={token}" if token else ""
        assert found == everybody
        matching = alice.get(f"{path}?q={word.upper()}3").json[key]
        assert [item["name"] for item in matching] == [f"{word}3"]
        assert alice.get(f"{path}?limit=0").status == 400
        assert alice.get(f"{path}?q=%00").status == 400


def test_who_may(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["dora"]
    auditor = local_user(factories.user("dora"))
    paths = (MEMBERS, f"{MEMBERS}/bob", COLLABORATORS)
    less = local_user(cast.alice, "repo:admin repo:create user:admin super:user")
    for path in paths:
        assert auditor.get(path).status == 200
        assert local_user(cast.alice, "org:admin").get(path).status == 200
        assert local.get(path).status == 401
        for client in (local_user(cast.bob), local_user(cast.charlie), less):
            assert client.get(path).status == 403
        assert auditor.get(path.replace("acme", "bob")).status == 404
        assert local_user(cast.bob).get(path.replace("acme", "bob")).status == 403
    for client in (auditor, local_user(cast.bob), less, local):
        assert client.delete(f"{MEMBERS}/bob").status == 403
    assert TeamMember.objects.filter(user=cast.bob).exists()
