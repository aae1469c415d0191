"""A first push: who creates a repository by it, what it grants, and who does not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Repository,
    RepositoryPermission,
    Robot,
)
from robots.roles import Role, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import URL, Endpoint, basic, login_of

NEW = "repository:acme/new:pull,push"
CREATED = [("acme/new", ["push", "pull"])]
DENIED: list[tuple[str, list[str]]] = [("acme/new", [])]


@pytest.fixture
def builder(cast: Cast) -> Robot:
    """A robot in a creator team of acme."""
    robot, _ = factories.robot(cast.acme, "builder")
    factories.team(cast.acme, "creators", TeamRole.CREATOR, members=(robot,))
    return robot


def grants(name: str = "new") -> dict[str, str]:
    """Whom the repository of that name names, and with which role."""
    rows = RepositoryPermission.objects.filter(repository__name=name)
    return {str(row.grantee): row.get_role_display() for row in rows}


def creations() -> int:
    return AuditEvent.objects.filter(kind="create_repo").count()


def test_a_robot_of_a_creator_team_becomes_admin_of_it_and_of_nothing_else(
    cast: Cast, builder: Robot, endpoint: Endpoint
) -> None:
    login = login_of(builder)
    assert endpoint.access(NEW, login=login) == CREATED
    assert Repository.objects.get(name="new").visibility == Visibility.PRIVATE
    assert list(RepositoryPermission.objects.filter(robot=builder)) == [
        RepositoryPermission.objects.get(repository__name="new")
    ]
    everything = "pull,push,*,delete"
    assert endpoint.access(
        f"repository:acme/new:{everything}",
        f"repository:acme/web:{everything}",
        login=login,
    ) == [("acme/new", ["push", "pull", "*", "delete"]), ("acme/web", [])]


def test_a_person_of_a_creator_team_becomes_admin_of_it(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.team(cast.acme, "creators", TeamRole.CREATOR, members=(cast.charlie,))
    assert endpoint.access(NEW, login=basic("charlie")) == CREATED
    assert grants() == {"charlie": "admin"}


def test_members_of_an_admin_team_create(cast: Cast, endpoint: Endpoint) -> None:
    robot, _ = factories.robot(cast.acme, "boss")
    factories.team(cast.acme, "bosses", TeamRole.ADMIN, members=(robot,))
    assert endpoint.access(NEW, login=login_of(robot)) == CREATED
    assert grants() == {"acme+boss": "admin"}
    by_alice = "repository:acme/newer:push"
    assert endpoint.access(by_alice, login=basic("alice")) == [("acme/newer", ["push"])]


def test_a_person_creates_in_their_own_namespace_without_a_permission_row(
    cast: Cast, endpoint: Endpoint
) -> None:
    scope = "repository:bob/new:push,pull,*"
    assert endpoint.access(scope, login=basic("bob")) == [
        ("bob/new", ["push", "pull", "*"])
    ]
    assert grants() == {}


def test_all_that_was_asked_for_is_granted_by_the_same_request(
    builder: Robot, endpoint: Endpoint
) -> None:
    scopes = ["repository:acme/new:push", "repository:acme/new:pull,*,delete"]
    assert endpoint.access(*scopes, login=login_of(builder)) == [
        ("acme/new", ["push", "pull", "*", "delete"])
    ]


def test_several_repositories_are_created_by_one_request(
    builder: Robot, endpoint: Endpoint
) -> None:
    scopes = [f"repository:acme/new{n}:push" for n in range(3)]
    assert endpoint.access(*scopes, login=login_of(builder)) == [
        (f"acme/new{n}", ["push"]) for n in range(3)
    ]
    assert Repository.objects.filter(name__startswith="new").count() == 3


@pytest.mark.parametrize("actions", ["pull", "*", "delete", "pull,*,delete"])
def test_what_is_not_a_push_creates_nothing(
    actions: str, cast: Cast, endpoint: Endpoint
) -> None:
    scope = f"repository:acme/new:{actions}"
    assert endpoint.access(scope, login=basic("alice")) == DENIED
    assert not Repository.objects.filter(name="new").exists()


def test_those_who_may_not_create_get_nothing_and_create_nothing(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.team.members.create(namespace=cast.acme, robot=cast.reader)
    foreign, _ = factories.robot(cast.bob.personal_namespace, "ci")
    grant(cast.web, cast.charlie, Role.ADMIN, factories.BY)
    refused = {
        "a robot with write on another repository": basic("acme+ci", cast.ci_secret),
        "a robot in a member team": basic("acme+reader", cast.reader_secret),
        "a person in a member team": basic("bob"),
        "a person with admin on another repository": basic("charlie"),
        "a robot of another namespace": login_of(foreign),
        "nobody": None,
    }
    before = creations()
    for who, login in refused.items():
        assert endpoint.access(NEW, login=login) == DENIED, who
    assert not Repository.objects.filter(name="new").exists()
    assert creations() == before


def test_a_robot_never_creates_in_a_personal_namespace(
    cast: Cast, endpoint: Endpoint
) -> None:
    robot, _ = factories.robot(cast.alice.personal_namespace, "ci")
    scope = "repository:alice/new:push"
    assert endpoint.access(scope, login=login_of(robot)) == [("alice/new", [])]
    assert not Repository.objects.filter(name="new").exists()


def test_a_namespace_that_does_not_exist_is_not_created(
    cast: Cast, endpoint: Endpoint
) -> None:
    scope = "repository:none/new:push"
    assert endpoint.access(scope, login=basic("alice")) == [("none/new", [])]


def test_head_is_answered_without_creating(cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.get(NEW, login=basic("alice"), method="HEAD")
    assert response.status_code == 200
    assert not Repository.objects.filter(name="new").exists()


def test_one_bad_scope_stops_the_creation(cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.get(NEW, "nonsense", login=basic("alice"))
    assert response.status_code == 400
    assert not Repository.objects.filter(name="new").exists()


@pytest.mark.parametrize(
    ("private", "visibility"),
    [(True, Visibility.PRIVATE), (False, Visibility.PUBLIC)],
    ids=["private", "public"],
)
def test_visibility_follows_the_setting(
    private: bool,
    visibility: Visibility,
    cast: Cast,
    endpoint: Endpoint,
    settings: Settings,
) -> None:
    settings.CREATE_PRIVATE_REPO_ON_PUSH = private
    endpoint.get(NEW, login=basic("alice"))
    assert Repository.objects.get(name="new").visibility == visibility
    actions = [] if private else ["pull"]
    assert endpoint.access(NEW) == [("acme/new", actions)]


def test_default_permissions_apply_at_once(
    cast: Cast, builder: Robot, endpoint: Endpoint
) -> None:
    make = DefaultPermission.objects.create
    make(namespace=cast.acme, team=cast.team, role=Role.READ)
    make(namespace=cast.acme, robot=cast.reader, role=Role.READ)
    make(
        namespace=cast.acme,
        robot=cast.reader,
        creator_robot=builder,
        role=Role.WRITE,
    )
    make(namespace=cast.acme, user=cast.charlie, creator_robot=cast.ci, role=Role.ADMIN)
    make(namespace=cast.acme, robot=builder, role=Role.READ)
    assert endpoint.access(NEW, login=login_of(builder)) == CREATED
    assert grants() == {
        "acme+builder": "admin",
        "acme+reader": "write",
        "developers": "read",
    }
    reader = basic("acme+reader", cast.reader_secret)
    assert endpoint.access(NEW, login=reader) == CREATED


def test_the_creation_is_recorded_with_who_and_from_where(
    builder: Robot, endpoint: Endpoint
) -> None:
    response = endpoint.client.get(
        URL,
        query_params={"scope": NEW},
        headers={"Authorization": login_of(builder), "X-Request-ID": "trace-0001"},
        REMOTE_ADDR="192.0.2.7",
    )
    assert endpoint.claims(response)["access"][0]["actions"] == ["push", "pull"]
    event = AuditEvent.objects.filter(kind="create_repo").latest("id")
    assert (event.namespace_name, event.repository_name) == ("acme", "new")
    assert (event.performer_kind, event.performer_name) == ("robot", "acme+builder")
    assert event.performer_user_id is None
    assert (event.address, event.request_id) == ("192.0.2.7", "trace-0001")
    assert event.facts == {"repo": "new", "visibility": "private"}
    assert response["X-Request-ID"] == "trace-0001"


def test_a_persons_creation_is_recorded_with_their_id(
    cast: Cast, endpoint: Endpoint
) -> None:
    endpoint.get(NEW, login=basic("alice"))
    event = AuditEvent.objects.filter(kind="create_repo").latest("id")
    assert (event.performer_kind, event.performer_user_id) == ("user", cast.alice.pk)


def test_a_repository_is_created_and_recorded_once(
    builder: Robot, endpoint: Endpoint
) -> None:
    before = creations()
    for _ in range(3):
        assert endpoint.access(NEW, login=login_of(builder)) == CREATED
    assert creations() == before + 1
    assert Repository.objects.filter(name="new").count() == 1


class Meanwhile:
    """Does something once, just before the endpoint reads where to create.

    It stands for a request that another process finishes at that very moment.
    """

    def __init__(self, deed: Callable[[], object]) -> None:
        self.deed: Callable[[], object] | None = deed

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        deed = self.deed
        if deed and 'FROM "robots_namespace" WHERE "robots_namespace"."name" =' in sql:
            self.deed = None
            deed()
        return execute(sql, *rest)


@pytest.mark.parametrize(
    ("role", "actions"),
    [(None, []), (Role.READ, ["pull"]), (Role.WRITE, ["push", "pull"])],
    ids=["nothing", "read", "write"],
)
def test_the_slower_of_two_pushes_gets_what_it_may_do_there(
    role: Role | None,
    actions: list[str],
    cast: Cast,
    builder: Robot,
    endpoint: Endpoint,
) -> None:
    def push_of_somebody_else() -> None:
        repository = create_repository(cast.acme, "new", factories.BY)
        if role is not None:
            grant(repository, builder, role, factories.BY)

    meanwhile = Meanwhile(push_of_somebody_else)
    with connection.execute_wrapper(meanwhile):
        response = endpoint.get(NEW, login=login_of(builder))
    assert meanwhile.deed is None
    assert endpoint.claims(response)["access"][0]["actions"] == actions
    assert grants() == ({"acme+builder": role.label} if role else {})


def test_a_namespace_that_goes_away_meanwhile_grants_nothing(
    cast: Cast, builder: Robot, endpoint: Endpoint
) -> None:
    meanwhile = Meanwhile(cast.acme.delete)
    with connection.execute_wrapper(meanwhile):
        response = endpoint.get(NEW, login=login_of(builder))
    assert meanwhile.deed is None
    assert endpoint.claims(response)["access"][0]["actions"] == []
