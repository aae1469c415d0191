"""The seeded world of the benchmarks is one that the product could have made."""

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.seed import fill
from benchmarks.world import STRIDE, World, app_secret_of, secret_of
from robots import access
from robots.credentials import Secret
from robots.decision import AccessRequest
from robots.identity import Identity, Kind, Method
from robots.models import Namespace, RepositoryPermission, Robot, RobotToken
from robots.names import RepositoryName
from robots.roles import Action
from tests.registryauth.endpoint import Endpoint, basic, refusal

WORLD = World(robots=107, permissions=321)

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    fill(WORLD)
    return Endpoint(client)


def test_the_token_endpoint_lets_its_robots_in(endpoint: Endpoint) -> None:
    for number in (0, 1, 53, 106):
        name = WORLD.robot_name(number)
        first, second, _ = WORLD.repositories_of(number)
        login = basic(name, secret_of(number))
        asked = [f"repository:{each}:pull,push" for each in (first, second)]
        assert endpoint.access(*asked, login=login, service="127.0.0.1:5000") == [
            (first, ["push", "pull"]),
            (second, ["pull"]),
        ]


def test_a_secret_of_another_robot_is_refused(endpoint: Endpoint) -> None:
    response = endpoint.get(login=basic(WORLD.robot_name(1), secret_of(2)))
    assert refusal(response)[:2] == (401, "UNAUTHORIZED")


def test_people_are_let_in_with_their_app_tokens(endpoint: Endpoint) -> None:
    for number in (0, WORLD.people - 1):
        response = endpoint.get(login=basic("$app", app_secret_of(number)))
        claims = endpoint.claims(response)
        assert claims["sub"] == f"person-{number}"


def test_robots_may_do_what_the_world_says_and_no_more(endpoint: Endpoint) -> None:
    for number in range(WORLD.robots):
        robot = Robot.objects.select_related("namespace").get(pk=number + 1)
        assert robot.full_name == WORLD.robot_name(number)
        granted = robot.repository_permissions.select_related("repository__namespace")
        assert {permission.repository.full_name for permission in granted} == set(
            WORLD.repositories_of(number)
        )


def test_there_are_as_many_rows_as_were_asked_for(endpoint: Endpoint) -> None:
    own = RepositoryPermission.objects.filter(robot__isnull=False)
    assert own.count() == WORLD.permissions
    assert Robot.objects.count() == RobotToken.objects.count() == WORLD.robots
    assert not Robot.objects.exclude(tokens__digest__regex="^[0-9a-f]{64}$").exists()


def test_every_constraint_holds(endpoint: Endpoint) -> None:
    """Foreign keys were not looked at; the others were, row by row."""
    connection.check_constraints()
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'f'"
        )
        for table, name, definition in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def test_what_is_made_afterwards_gets_keys_of_its_own(endpoint: Endpoint) -> None:
    namespace = Namespace.objects.create(name="later")
    robot = Robot.objects.create(namespace=namespace, name="ci")
    assert robot.pk > WORLD.robots


def test_the_world_is_one_of_grants_that_are_decided(endpoint: Endpoint) -> None:
    robot = Robot.objects.get(pk=5)
    identity = Identity(
        kind=Kind.ROBOT,
        name=WORLD.robot_name(4),
        id=robot.pk,
        namespace_id=robot.namespace_id,
        method=Method.STATIC_TOKEN,
    )
    asked = [
        AccessRequest(RepositoryName(*name.split("/")), frozenset({Action.PULL}))
        for name in WORLD.repositories_of(4)
    ]
    decisions = access.authorize(identity, asked, timezone.now())
    assert all(decision.granted == {Action.PULL} for decision in decisions)


def test_a_database_that_is_not_empty_is_left_alone() -> None:
    Namespace.objects.create(name="acme")
    with pytest.raises(SystemExit, match="not empty"):
        fill(WORLD)
    assert not Robot.objects.exists()


@pytest.mark.parametrize("robots, permissions", [(0, 0), (10, 5), (1, STRIDE)])
def test_numbers_that_make_no_world(robots: int, permissions: int) -> None:
    with pytest.raises(ValueError, match="permissions a robot"):
        World(robots, permissions)


def test_secrets_are_tokens_and_differ() -> None:
    secrets = {secret_of(number) for number in range(1000)}
    assert len(secrets) == 1000
    assert all(len(text) == 64 and text.isalnum() for text in secrets)
    assert Secret(secret_of(1)) == Secret(secret_of(1))
