"""Repository permissions: granted, changed, revoked; never across namespaces."""

from datetime import UTC, datetime

import pytest

from quaysite.models import User
from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.lifecycle.permissions import Grantee, grant, revoke
from robots.models import RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import recorded, unchanged

END = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

GRANTEES = {
    "user": {"username": "charlie"},
    "robot": {"username": "acme+reader"},
    "team": {"team": "developers"},
}


def grantee_of(cast: Cast, kind: str) -> Grantee:
    grantees: dict[str, Grantee] = {
        "user": cast.charlie,
        "robot": cast.reader,
        "team": cast.team,
    }
    return grantees[kind]


@pytest.mark.parametrize("kind", GRANTEES)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_a_grant_is_stored_and_recorded(cast: Cast, kind: str, role: Role) -> None:
    grantee = grantee_of(cast, kind)
    with recorded(
        "change_repo_permission",
        cast.acme,
        **GRANTEES[kind],
        repo="public",
        role=role.label,
        until=None,
    ):
        made = grant(cast.public, grantee, role, BY)
    stored = RepositoryPermission.objects.get(repository=cast.public)
    assert stored == made
    assert stored.grantee == grantee
    assert (stored.role, stored.expires_at) == (role, None)
    assert stored.namespace == cast.acme


def test_a_grant_replaces_the_one_before_whole(cast: Cast) -> None:
    with recorded(
        "change_repo_permission",
        cast.acme,
        username="acme+ci",
        repo="web",
        role="admin",
        until="2030-01-02T03:04:05+00:00",
    ):
        grant(cast.web, cast.ci, Role.ADMIN, BY, expires_at=END)
    stored = cast.ci.repository_permissions.get(repository=cast.web)
    assert (stored.role, stored.expires_at) == (Role.ADMIN, END)
    grant(cast.web, cast.ci, Role.READ, BY)
    stored.refresh_from_db()
    assert (stored.role, stored.expires_at) == (Role.READ, None)


def test_a_revocation_is_recorded_with_its_repository(cast: Cast) -> None:
    grant(cast.web, cast.charlie, Role.READ, BY)
    with recorded("delete_repo_permission", cast.acme, username="charlie", repo="web"):
        revoke(cast.web, cast.charlie, BY)


@pytest.mark.parametrize("kind", GRANTEES)
def test_a_revoked_permission_is_gone_and_others_stay(cast: Cast, kind: str) -> None:
    grantee = grantee_of(cast, kind)
    grant(cast.public, grantee, Role.READ, BY)
    grant(cast.public, cast.ci, Role.READ, BY)
    with recorded("delete_repo_permission", cast.acme, **GRANTEES[kind], repo="public"):
        revoke(cast.public, grantee, BY)
    left = RepositoryPermission.objects.get(repository=cast.public)
    assert left.robot == cast.ci


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("user", "User does not have permission for repo."),
        ("robot", "User does not have permission for repo."),
        ("team", "Team does not have permission for repo."),
    ],
)
def test_revoking_what_is_not_there_says_so(
    cast: Cast, kind: str, message: str
) -> None:
    with unchanged(), pytest.raises(NotFound) as refusal:
        revoke(cast.public, grantee_of(cast, kind), BY)
    assert refusal.value.message == message


def test_a_robot_of_another_namespace_is_refused(cast: Cast) -> None:
    foreign, _ = factories.robot(factories.organization("other"), "ci")
    with unchanged(), pytest.raises(ForeignNamespace) as refusal:
        grant(cast.web, foreign, Role.READ, BY)
    assert refusal.value.message == "Cannot add robot other+ci under namespace acme"


def test_a_team_of_another_namespace_is_refused(cast: Cast) -> None:
    foreign = factories.team(factories.organization("other"), "dev")
    with unchanged(), pytest.raises(ForeignNamespace) as refusal:
        grant(cast.web, foreign, Role.READ, BY)
    assert refusal.value.message == "No team dev in organization acme"


def test_the_namespace_owner_is_always_admin(cast: Cast) -> None:
    notes = factories.repository(cast.bob.personal_namespace, "notes")
    with unchanged(), pytest.raises(DomainError) as refusal:
        grant(notes, cast.bob, Role.READ, BY)
    assert refusal.value.message == "Namespace owner must always be admin."
    assert grant(notes, cast.charlie, Role.READ, BY).user == cast.charlie


def test_a_user_with_the_number_of_a_robot_is_somebody_else(cast: Cast) -> None:
    twin, _ = User.objects.get_or_create(pk=cast.ci.pk, defaults={"username": "twin"})
    grant(cast.web, twin, Role.ADMIN, BY)
    assert cast.ci.repository_permissions.get(repository=cast.web).role == Role.WRITE
    revoke(cast.web, twin, BY)
    assert cast.ci.repository_permissions.filter(repository=cast.web).exists()
