"""Repositories: created by hand and by a push, with the grants that come at once."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from robots.errors import AlreadyExists, DomainError, NameInvalid, NotFound
from robots.identity import ANONYMOUS, Identity
from robots.lifecycle.repositories import create_on_push, create_repository
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
)
from robots.names import RepositoryName
from robots.origin import Origin
from robots.roles import Role, State, Visibility
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import recorded, unchanged

ORIGIN = Origin("192.0.2.7", "request-7")


def add_default(cast: Cast, role: Role, **fields: Any) -> DefaultPermission:
    return DefaultPermission.objects.create(namespace=cast.acme, role=role, **fields)


def grants(repository: Repository) -> dict[str, Role]:
    """Who has what on it, by name; nobody may be named twice."""
    rows = list(RepositoryPermission.objects.filter(repository=repository))
    assert all(row.namespace_id == repository.namespace_id for row in rows)
    assert all(row.expires_at is None for row in rows)
    named = {str(row.grantee): Role(row.role) for row in rows}
    assert len(named) == len(rows)
    return named


def test_a_new_repository_is_private_normal_and_granted_to_nobody(cast: Cast) -> None:
    with recorded("create_repo", cast.acme, repo="new/deep", visibility="private"):
        made = create_repository(cast.acme, "new/deep", BY)
    stored = Repository.objects.get(namespace=cast.acme, name="new/deep")
    assert stored == made
    assert (stored.visibility, stored.state) == (Visibility.PRIVATE, State.NORMAL)
    assert (stored.description, stored.mirror_robot) == ("", None)
    assert grants(stored) == {}


def test_visibility_and_description_are_kept(cast: Cast) -> None:
    with recorded("create_repo", cast.acme, repo="new", visibility="public"):
        create_repository(
            cast.acme, "new", BY, visibility=Visibility.PUBLIC, description="ours"
        )
    stored = Repository.objects.get(name="new")
    assert (stored.visibility, stored.description) == (Visibility.PUBLIC, "ours")


@pytest.mark.parametrize("name", ["", "Web", "a//b", "web\n", "/web"], ids=ascii)
def test_a_bad_name_creates_nothing(cast: Cast, name: str) -> None:
    with unchanged(), pytest.raises(NameInvalid):
        create_repository(cast.acme, name, BY)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"], ids=ascii)
def test_a_description_that_cannot_be_kept_creates_nothing(
    cast: Cast, text: str
) -> None:
    with unchanged(), pytest.raises(DomainError, match="^description: "):
        create_repository(cast.acme, "new", BY, description=text)


def test_a_name_is_taken_once_in_each_namespace(cast: Cast) -> None:
    add_default(cast, Role.ADMIN, user=cast.charlie)
    with unchanged(), pytest.raises(AlreadyExists, match="^Repository already exists$"):
        create_repository(cast.acme, "web", BY)
    other = factories.organization("other")
    assert create_repository(other, "web", BY).full_name == "other/web"


def test_the_creator_gets_admin(cast: Cast) -> None:
    by_user = create_repository(
        cast.acme, "one", BY, creator=factories.user_identity(cast.bob)
    )
    by_robot = create_repository(
        cast.acme, "two", BY, creator=factories.robot_identity(cast.ci)
    )
    assert grants(by_user) == {"bob": Role.ADMIN}
    assert grants(by_robot) == {"acme+ci": Role.ADMIN}


def test_the_owner_of_a_personal_namespace_needs_no_grant(cast: Cast) -> None:
    made = create_repository(
        cast.bob.personal_namespace,
        "notes",
        BY,
        creator=factories.user_identity(cast.bob),
    )
    assert grants(made) == {}


def test_default_permissions_apply_to_users_robots_and_teams(cast: Cast) -> None:
    add_default(cast, Role.READ, user=cast.charlie)
    add_default(cast, Role.WRITE, robot=cast.reader)
    add_default(cast, Role.ADMIN, team=cast.team)
    expected = {
        "charlie": Role.READ,
        "acme+reader": Role.WRITE,
        "developers": Role.ADMIN,
    }
    assert grants(create_repository(cast.acme, "by-command", BY)) == expected
    made = create_repository(
        cast.acme, "by-bob", BY, creator=factories.user_identity(cast.bob)
    )
    assert grants(made) == expected | {"bob": Role.ADMIN}


def test_one_for_this_creator_beats_one_for_everybody(cast: Cast) -> None:
    add_default(cast, Role.ADMIN, robot=cast.reader)
    add_default(cast, Role.READ, robot=cast.reader, creator_user=cast.bob)
    add_default(cast, Role.WRITE, robot=cast.reader, creator_robot=cast.ci)
    add_default(cast, Role.WRITE, team=cast.team, creator_user=cast.alice)

    def made_by(creator: Identity | None, name: str) -> dict[str, Role]:
        return grants(create_repository(cast.acme, name, BY, creator=creator))

    bob = factories.user_identity(cast.bob)
    assert made_by(bob, "one")["acme+reader"] is Role.READ
    ci = factories.robot_identity(cast.ci)
    assert made_by(ci, "two")["acme+reader"] is Role.WRITE
    alice = factories.user_identity(cast.alice)
    assert made_by(alice, "three") == {
        "alice": Role.ADMIN,
        "acme+reader": Role.ADMIN,
        "developers": Role.WRITE,
    }
    assert made_by(None, "four") == {"acme+reader": Role.ADMIN}
    assert made_by(ANONYMOUS, "five") == {"acme+reader": Role.ADMIN}


def test_the_highest_of_two_equal_defaults_counts(cast: Cast) -> None:
    for role in (Role.WRITE, Role.ADMIN, Role.READ):
        add_default(cast, role, team=cast.team)
    assert grants(create_repository(cast.acme, "new", BY)) == {"developers": Role.ADMIN}


@pytest.mark.parametrize("who", ["user", "robot"])
def test_a_default_for_the_creator_takes_nothing_from_it(cast: Cast, who: str) -> None:
    somebody = {"user": cast.bob, "robot": cast.ci}[who]
    creator = (
        factories.user_identity(cast.bob)
        if who == "user"
        else factories.robot_identity(cast.ci)
    )
    add_default(cast, Role.READ, **{who: somebody})
    made = create_repository(cast.acme, "new", BY, creator=creator)
    assert grants(made) == {str(somebody): Role.ADMIN}


def test_defaults_of_another_namespace_do_not_apply(cast: Cast) -> None:
    other = factories.organization("other")
    DefaultPermission.objects.create(
        namespace=other, user=cast.charlie, role=Role.ADMIN
    )
    assert grants(create_repository(cast.acme, "new", BY)) == {}


def test_defaults_do_not_apply_in_personal_namespaces(cast: Cast) -> None:
    home = cast.bob.personal_namespace
    DefaultPermission.objects.create(namespace=home, user=cast.charlie, role=Role.READ)
    assert grants(create_repository(home, "notes", BY)) == {}


def test_a_default_changes_nothing_that_exists(cast: Cast) -> None:
    default = add_default(cast, Role.READ, user=cast.charlie)
    made = create_repository(cast.acme, "new", BY)
    add_default(cast, Role.ADMIN, robot=cast.reader)
    default.role = Role.ADMIN
    default.save()
    assert grants(made) == {"charlie": Role.READ}
    default.delete()
    assert grants(made) == {"charlie": Role.READ}


def push(identity: Identity, namespace: Namespace, name: str) -> Repository:
    create_on_push(identity, RepositoryName(namespace.name, name), ORIGIN)
    return Repository.objects.get(namespace=namespace, name=name)


@pytest.mark.parametrize(
    ("private", "visibility"),
    [(True, Visibility.PRIVATE), (False, Visibility.PUBLIC)],
    ids=["private", "public"],
)
def test_a_push_creates_as_the_setting_says(
    cast: Cast, settings: Settings, private: bool, visibility: Visibility
) -> None:
    settings.CREATE_PRIVATE_REPO_ON_PUSH = private
    add_default(cast, Role.READ, robot=cast.reader)
    made = push(factories.robot_identity(cast.ci), cast.acme, "a/b")
    assert (made.visibility, made.state) == (visibility, State.NORMAL)
    assert grants(made) == {"acme+ci": Role.ADMIN, "acme+reader": Role.READ}


def test_a_push_that_creates_is_recorded_under_who_pushed(cast: Cast) -> None:
    before = AuditEvent.objects.count()
    push(factories.robot_identity(cast.ci), cast.acme, "new")
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.first()
    assert event is not None
    assert event.kind == "create_repo"
    assert event.facts == {"repo": "new", "visibility": "private"}
    assert (event.performer_kind, event.performer_name) == ("robot", "acme+ci")
    assert (event.address, event.request_id) == ("192.0.2.7", "request-7")
    assert (event.namespace, event.repository_name) == (cast.acme, "new")


def test_of_two_pushes_one_creates_and_one_is_told(cast: Cast) -> None:
    push(factories.user_identity(cast.bob), cast.acme, "new")
    with unchanged(), pytest.raises(AlreadyExists):
        push(factories.robot_identity(cast.ci), cast.acme, "new")
    made = Repository.objects.get(name="new")
    assert grants(made) == {"bob": Role.ADMIN}


def test_a_push_into_a_namespace_that_is_gone_is_told(cast: Cast) -> None:
    cast.acme.delete()
    with unchanged(), pytest.raises(NotFound, match="^There is no namespace acme$"):
        push(factories.user_identity(cast.bob), cast.acme, "new")
