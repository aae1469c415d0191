"""People who are named by their e-mail address, as in some projects: `+` and all."""

from collections.abc import Iterator

import pytest
from django.db import connection

from quaysite.models import User
from robots.management.grantees import identity_named
from robots.models import DefaultPermission, RepositoryPermission, TeamMember
from robots.roles import Role
from tests.api.local import LocalUser
from tests.conftest import Cast

NAME = "dora+home@example.com"
ORG = "/api/v1/organization/acme"
WEB = "/api/v1/repository/acme/web"


@pytest.fixture
def any_user_name(db: None) -> Iterator[None]:
    """Our own people cannot be called so, and the database says so."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            rule = "quaysite_user_username_valid"
            cursor.execute(f"ALTER TABLE quaysite_user DROP CONSTRAINT {rule}")
            yield
        else:
            cursor.execute("PRAGMA ignore_check_constraints = 1")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = 0")


@pytest.fixture
def dora(any_user_name: None, cast: Cast) -> User:
    User.objects.bulk_create([User(username=NAME, email=NAME)])
    return User.objects.get(username=NAME)


def test_such_a_person_is_given_a_role(
    dora: User, cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    path = f"{WEB}/permissions/user/{NAME}"
    assert alice.put(path, {"role": "write"}).status == 200
    stored = RepositoryPermission.objects.get(user=dora)
    assert (stored.repository, stored.role) == (cast.web, Role.WRITE)
    shown = alice.get(path)
    assert (shown.json["name"], shown.json["is_robot"]) == (NAME, False)
    assert alice.delete(path).status == 204
    assert not RepositoryPermission.objects.filter(user=dora).exists()


def test_such_a_person_joins_a_team_and_leaves_it(
    dora: User, cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    path = f"{ORG}/team/developers/members/{NAME}"
    assert alice.put(path).status == 200
    assert TeamMember.objects.get(user=dora).team == cast.team
    assert alice.delete(path).status == 204
    assert not TeamMember.objects.filter(user=dora).exists()


def test_such_a_person_has_default_permissions(
    dora: User, cast: Cast, local_user: LocalUser
) -> None:
    delegate = {"name": NAME, "kind": "user"}
    body = {"role": "read", "delegate": delegate}
    assert local_user(cast.alice).post(f"{ORG}/prototypes", body).status == 200
    assert DefaultPermission.objects.get(user=dora).role == Role.READ


def test_commands_mean_the_same_person(dora: User) -> None:
    assert identity_named(NAME).id == dora.pk
