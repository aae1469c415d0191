"""Rights from several sources at once: one more never takes another one away.

A mutation tester showed that no other test has such overlaps in the list.
"""

from collections.abc import Callable
from itertools import combinations

import pytest
from django.utils import timezone

from quaysite.models import User
from robots.access import authorize, visible_repositories
from robots.decision import AccessRequest
from robots.identity import Identity, Kind
from robots.lifecycle.permissions import grant
from robots.models import Repository, RepositoryPermission, Robot
from robots.names import RepositoryName
from robots.roles import Action, Role, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast

Store = Callable[[Cast, Robot | User], object]


def directly(cast: Cast, somebody: Robot | User) -> object:
    return grant(cast.api, somebody, Role.READ, factories.BY)


def by_a_team(cast: Cast, somebody: Robot | User) -> object:
    team = factories.team(cast.acme, "readers", members=(somebody,))
    return grant(cast.api, team, Role.READ, factories.BY)


def as_administrator(cast: Cast, somebody: Robot | User) -> object:
    return factories.team(cast.acme, "admins", TeamRole.ADMIN, members=(somebody,))


def as_anybody(cast: Cast, somebody: Robot | User) -> object:
    public = Repository.objects.filter(pk=cast.api.pk)
    return public.update(visibility=Visibility.PUBLIC)


SOURCES: list[Store] = [directly, by_a_team, as_administrator, as_anybody]
OVERLAPS = [
    pytest.param(stores, id=" and ".join(store.__name__ for store in stores))
    for size in (2, 3, 4)
    for stores in combinations(SOURCES, size)
]


def may_pull(identity: Identity, path: str) -> bool:
    namespace, _, name = path.partition("/")
    request = AccessRequest(RepositoryName(namespace, name), frozenset({Action.PULL}))
    (decision,) = authorize(identity, [request], timezone.now())
    return decision.granted == {Action.PULL}


def seen(identity: Identity, repository: Repository) -> int:
    """How often the list has it."""
    listed = visible_repositories(identity, timezone.now())
    return sum(found.pk == repository.pk for found in listed)


@pytest.mark.parametrize("stores", OVERLAPS)
@pytest.mark.parametrize("kind", ["robot", "user"])
def test_what_several_sources_grant_is_seen_once(
    kind: str, stores: tuple[Store, ...], cast: Cast
) -> None:
    somebody: Robot | User = cast.ci if kind == "robot" else cast.charlie
    for store in stores:
        store(cast, somebody)
    identity = (
        factories.robot_identity(somebody)
        if isinstance(somebody, Robot)
        else factories.user_identity(somebody)
    )
    assert may_pull(identity, "acme/api")
    assert seen(identity, cast.api) == 1


@pytest.mark.parametrize("visibility", list(Visibility))
def test_whoever_owns_a_repository_and_was_granted_it_sees_it(
    visibility: Visibility, cast: Cast
) -> None:
    """No deed stores such a grant, but the database could have one."""
    notes = factories.repository(cast.bob.personal_namespace, "notes", visibility)
    RepositoryPermission.objects.create(
        namespace=notes.namespace, repository=notes, user=cast.bob, role=Role.READ
    )
    bob = factories.user_identity(cast.bob)
    assert may_pull(bob, "bob/notes")
    assert seen(bob, notes) == 1


def test_a_robot_sees_nothing_of_a_person_who_has_its_number(cast: Cast) -> None:
    person = User.objects.create(pk=4242, username="person")
    notes = factories.repository(person.personal_namespace, "notes")
    robot = Robot.objects.create(pk=person.pk, namespace=cast.acme, name="robot")
    identity = Identity(Kind.ROBOT, "acme+robot", robot.pk, cast.acme.pk)
    assert not may_pull(identity, "person/notes")
    assert seen(identity, notes) == 0


def test_a_robot_owns_nothing_by_having_the_number_of_its_owner(cast: Cast) -> None:
    person = User.objects.create(pk=4242, username="person")
    home = person.personal_namespace
    notes = factories.repository(home, "notes")
    robot = Robot.objects.create(pk=person.pk, namespace=home, name="robot")
    identity = Identity(Kind.ROBOT, "person+robot", robot.pk, home.pk)
    assert not may_pull(identity, "person/notes")
    assert seen(identity, notes) == 0
