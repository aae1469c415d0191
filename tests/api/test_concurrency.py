"""Fifty clients ask for the same at the same time: one row or none, never a 500."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from robots.models import (
    AuditEvent,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Star,
    Team,
    TeamMember,
)
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="in the tests of SQLite all threads share one connection",
    ),
]

CLIENTS = 50
ORG = "/api/v1/organization/acme"
WEB = "/api/v1/repository/acme/web"

Call = Callable[[], int]


def all_at_once(*calls: Call) -> Counter[int]:
    """How often each status was answered; every call starts at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Call) -> int:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


@pytest.fixture
def alice(cast: Cast, as_user: Callable[..., Client]) -> Client:
    return as_user(cast.alice)


def test_one_of_many_creates_a_robot(cast: Cast, alice: Client) -> None:
    calls = [lambda: alice.put(f"{ORG}/robots/new", {}).status] * CLIENTS
    assert all_at_once(*calls) == {201: 1, 400: CLIENTS - 1}
    robot = Robot.objects.get(namespace=cast.acme, name="new")
    assert RobotToken.objects.filter(robot=robot).count() == 1
    created = AuditEvent.objects.filter(kind="create_robot", facts__robot="new")
    assert created.count() == 1


def test_many_grants_of_one_permission_are_one_row(cast: Cast, alice: Client) -> None:
    path = f"{WEB}/permissions/user/acme+reader"
    roles = ("read", "write", "admin")
    calls = [
        (lambda role=roles[n % 3]: alice.put(path, {"role": role}).status)
        for n in range(CLIENTS)
    ]
    assert all_at_once(*calls) == {200: CLIENTS}
    rows = RepositoryPermission.objects.filter(repository=cast.web, robot=cast.reader)
    assert rows.count() == 1


def test_one_of_many_joins_a_team(cast: Cast, alice: Client) -> None:
    path = f"{ORG}/team/developers/members/charlie"
    calls = [lambda: alice.put(path).status] * CLIENTS
    assert all_at_once(*calls) == {200: 1, 400: CLIENTS - 1}
    assert TeamMember.objects.filter(team=cast.team, user=cast.charlie).count() == 1


def test_one_of_many_deletes_a_robot(cast: Cast, alice: Client) -> None:
    calls = [lambda: alice.delete(f"{ORG}/robots/ci").status] * CLIENTS
    assert all_at_once(*calls) == {204: 1, 400: CLIENTS - 1}
    assert not Robot.objects.filter(pk=cast.ci.pk).exists()


def test_many_regenerations_leave_one_token(cast: Cast, alice: Client) -> None:
    calls = [lambda: alice.post(f"{ORG}/robots/ci/regenerate").status] * CLIENTS
    assert all_at_once(*calls) == {200: CLIENTS}
    assert RobotToken.objects.filter(robot=cast.ci).count() == 1


def test_one_of_many_makes_a_team_new(cast: Cast, alice: Client) -> None:
    body = {"role": "member"}
    fresh: list[bool] = []

    def call() -> int:
        answer = alice.put(f"{ORG}/team/builders", body)
        fresh.append(answer.json.get("new_team"))
        return answer.status

    assert all_at_once(*[call] * CLIENTS) == {200: CLIENTS}
    assert Counter(fresh) == {True: 1, False: CLIENTS - 1}
    assert Team.objects.filter(namespace=cast.acme, name="builders").count() == 1


def test_one_of_many_creates_an_organization(cast: Cast, alice: Client) -> None:
    body = {"name": "neworg"}
    calls = [lambda: alice.post("/api/v1/organization/", body).status] * CLIENTS
    assert all_at_once(*calls) == {201: 1, 400: CLIENTS - 1}
    assert Namespace.objects.filter(name="neworg").count() == 1


def test_one_of_many_creates_a_repository(cast: Cast, alice: Client) -> None:
    body = {
        "namespace": "acme",
        "repository": "new",
        "visibility": "private",
        "description": "",
    }
    calls = [lambda: alice.post("/api/v1/repository", body).status] * CLIENTS
    assert all_at_once(*calls) == {201: 1, 400: CLIENTS - 1}
    made = Repository.objects.get(namespace=cast.acme, name="new")
    assert RepositoryPermission.objects.filter(repository=made).count() == 1


def test_many_stars_of_one_person_are_one(cast: Cast, alice: Client) -> None:
    body = {"namespace": "acme", "repository": "web"}
    calls = [lambda: alice.post("/api/v1/user/starred", body).status] * CLIENTS
    assert all_at_once(*calls) == {201: CLIENTS}
    assert Star.objects.filter(user=cast.alice).count() == 1


def test_many_bulk_grants_leave_what_the_last_one_says(
    cast: Cast, alice: Client
) -> None:
    path = f"{ORG}/robots/reader/permissions"
    calls = [
        (lambda role=role: alice.put(path, {"role": role, "match": "*"}).status)
        for role in ("read", "write", "admin", "none") * 5
    ]
    assert all_at_once(*calls) == {200: len(calls)}
    rows = RepositoryPermission.objects.filter(robot=cast.reader)
    assert rows.count() in (0, Repository.objects.filter(namespace=cast.acme).count())
    assert len(set(rows.values_list("role", flat=True))) <= 1


def test_grants_and_joins_race_with_deletes(cast: Cast, alice: Client) -> None:
    grant = f"{WEB}/permissions/user/acme+reader"
    join = f"{ORG}/team/developers/members/acme+reader"
    robot = f"{ORG}/robots/reader"
    calls: list[Call] = [
        *[lambda: alice.put(grant, {"role": "write"}).status] * 16,
        *[lambda: alice.put(join).status] * 16,
        *[lambda: alice.delete(robot).status] * 2,
        *[lambda: alice.put(robot, {}).status] * 8,
        *[lambda: alice.delete(WEB).status] * 2,
        *[lambda: alice.get(f"{ORG}/robots?permissions=true").status] * 4,
    ]
    statuses = all_at_once(*calls)
    assert statuses.keys() <= {200, 201, 204, 400, 404, 409}, statuses
    assert Robot.objects.filter(namespace=cast.acme, name="reader").count() <= 1
