"""Organizations and their teams: made, given roles, filled and emptied."""

from typing import Any

import pytest

from quaysite.models import User
from robots.errors import (
    AlreadyExists,
    DomainError,
    ForeignNamespace,
    NameInvalid,
    NotFound,
)
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.teams import add_member, create_team, remove_member, set_team
from robots.models import (
    AuditEvent,
    Namespace,
    NamespaceKind,
    Robot,
    Team,
    TeamMember,
)
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import recorded, unchanged


def test_an_organization_comes_with_its_owners(cast: Cast) -> None:
    made = create_organization("new-org", BY, owner=cast.bob)
    stored = Namespace.objects.get(name="new-org")
    assert stored == made
    assert (stored.kind, stored.owner) == (NamespaceKind.ORGANIZATION, None)
    assert stored.enabled
    owners = stored.teams.get()
    assert (owners.name, owners.role) == ("owners", TeamRole.ADMIN)
    member = owners.members.get()
    assert (member.user, member.namespace) == (cast.bob, stored)


@pytest.mark.django_db
def test_creating_an_organization_is_one_event() -> None:
    made = create_organization("new-org", BY)
    event = AuditEvent.objects.get()
    assert event.kind == "org_create"
    assert (event.namespace, event.namespace_name) == (made, "new-org")


@pytest.mark.django_db
def test_an_organization_without_an_owner_has_an_empty_team() -> None:
    made = create_organization("new-org", BY)
    assert made.teams.get().members.count() == 0


@pytest.mark.parametrize("name", ["acme", "bob"], ids=["organization", "person"])
def test_the_name_of_another_is_taken(cast: Cast, name: str) -> None:
    with unchanged(), pytest.raises(AlreadyExists) as refusal:
        create_organization(name, BY, owner=cast.charlie)
    assert refusal.value.message == (
        "A user or organization with this name already exists"
    )


@pytest.mark.parametrize("name", ["Acme", "a", "a--b", "acme\n", "a+b"], ids=ascii)
def test_a_bad_organization_name_creates_nothing(cast: Cast, name: str) -> None:
    with unchanged(), pytest.raises(NameInvalid):
        create_organization(name, BY)


def test_a_team_is_created_with_its_role(cast: Cast) -> None:
    with recorded("org_create_team", cast.acme, team="new"):
        team, created = set_team(cast.acme, "new", TeamRole.CREATOR, BY)
    stored = Team.objects.get(namespace=cast.acme, name="new")
    assert (stored, created) == (team, True)
    assert stored.role == TeamRole.CREATOR


def test_a_team_that_exists_gets_the_role(cast: Cast) -> None:
    with recorded("org_set_team_role", cast.acme, team="developers", role="admin"):
        team, created = set_team(cast.acme, "developers", TeamRole.ADMIN, BY)
    assert (team, created) == (cast.team, False)
    assert Team.objects.get(pk=cast.team.pk).role == TeamRole.ADMIN
    assert team.members.count() == 1


def test_the_role_that_it_has_is_no_change(cast: Cast) -> None:
    with unchanged():
        team, created = set_team(cast.acme, "developers", TeamRole.MEMBER, BY)
    assert (team, created) == (cast.team, False)


def test_a_bad_team_name_creates_nothing(cast: Cast) -> None:
    with unchanged(), pytest.raises(NameInvalid):
        set_team(cast.acme, "Bad", TeamRole.MEMBER, BY)


def test_a_personal_namespace_has_no_teams(cast: Cast) -> None:
    with unchanged(), pytest.raises(DomainError, match="has no teams"):
        set_team(cast.bob.personal_namespace, "new", TeamRole.MEMBER, BY)


def members_of(cast: Cast) -> dict[str, tuple[Robot | User, str]]:
    return {
        "user": (cast.charlie, "charlie"),
        "robot": (cast.ci, "acme+ci"),
    }


@pytest.mark.parametrize("kind", ["user", "robot"])
def test_a_member_comes_and_goes(cast: Cast, kind: str) -> None:
    member, name = members_of(cast)[kind]
    facts = {"member": name, "team": "developers"}
    with recorded("org_add_team_member", cast.acme, **facts):
        row = add_member(cast.team, member, BY)
    stored = TeamMember.objects.get(pk=row.pk)
    assert (stored.user or stored.robot) == member
    assert (stored.team, stored.namespace) == (cast.team, cast.acme)
    with recorded("org_remove_team_member", cast.acme, **facts):
        remove_member(cast.team, member, BY)
    assert [row.user for row in cast.team.members.all()] == [cast.bob]


def test_a_member_is_in_a_team_once(cast: Cast) -> None:
    with unchanged(), pytest.raises(AlreadyExists) as refusal:
        add_member(cast.team, cast.bob, BY)
    assert refusal.value.message == ("User bob is already a member of team developers")


@pytest.mark.parametrize("kind", ["user", "robot"])
def test_who_is_no_member_is_not_removed(cast: Cast, kind: str) -> None:
    member, name = members_of(cast)[kind]
    with unchanged(), pytest.raises(NotFound) as refusal:
        remove_member(cast.team, member, BY)
    assert refusal.value.message == f"User {name} does not belong to team developers"


def test_a_robot_of_another_namespace_is_no_member(cast: Cast) -> None:
    foreign, _ = factories.robot(factories.organization("other"), "ci")
    for deed in (add_member, remove_member):
        with unchanged(), pytest.raises(ForeignNamespace) as refusal:
            deed(cast.team, foreign, BY)
        assert refusal.value.message == (
            "Cannot add the specified robot to this team,"
            " as it is not a member of the organization"
        )


def test_an_organization_begins_with_what_is_said_of_it(db: None) -> None:
    fields = {"enabled": False, "invoice_email": True, "tag_expiration_s": 86_400}
    made = create_organization(
        "new-org", BY, email="a@example.com", with_owners=False, fields=fields
    )
    made.refresh_from_db()
    assert not Team.objects.filter(namespace=made).exists()
    assert (made.enabled, made.invoice_email, made.tag_expiration_s) == (
        False,
        True,
        86_400,
    )
    event = AuditEvent.objects.get(namespace=made)
    assert event.facts == {
        "namespace_name": "new-org",
        "email": "a@example.com",
        **fields,
    }


@pytest.mark.parametrize(
    "fields", [{"tag_expiration_s": 7}, {"invoice_email_address": "nobody"}]
)
def test_an_organization_cannot_begin_with_what_it_cannot_have(
    db: None, fields: dict[str, Any]
) -> None:
    with unchanged(), pytest.raises(DomainError):
        create_organization("new-org", BY, fields=fields)


def test_a_new_team_is_told_in_one_event(cast: Cast) -> None:
    facts = {"team": "new", "role": "creator", "description": "They build"}
    with recorded("org_create_team", cast.acme, **facts):
        made = create_team(cast.acme, "new", TeamRole.CREATOR, BY, "They build")
    made.refresh_from_db()
    assert (made.role, made.description) == (TeamRole.CREATOR, "They build")
    with unchanged(), pytest.raises(AlreadyExists):
        create_team(cast.acme, "new", TeamRole.MEMBER, BY, "")


def test_a_new_team_must_be_one(cast: Cast) -> None:
    home = cast.bob.personal_namespace
    with unchanged(), pytest.raises(DomainError, match="it has no teams"):
        create_team(home, "new", TeamRole.MEMBER, BY, "")
    with unchanged(), pytest.raises(NameInvalid):
        create_team(cast.acme, "N", TeamRole.MEMBER, BY, "")
    with unchanged(), pytest.raises(DomainError, match="description"):
        create_team(cast.acme, "new", TeamRole.MEMBER, BY, "x" * 4_097)
