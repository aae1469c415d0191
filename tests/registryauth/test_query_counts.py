"""The cost of one token request: few queries, whatever there is, and no write."""

import pytest

from robots.models import Repository, RepositoryPermission, Team, TeamMember
from robots.roles import Role, TeamRole
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body
from tests.registryauth.queries import queries

MANY = 1000


@pytest.fixture
def crowded(cast: Cast) -> Cast:
    """acme+ci has 1,000 permissions and is in 1,000 teams with one each."""
    numbers = range(MANY)
    repositories = Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=f"r{n}") for n in numbers
    )
    teams = Team.objects.bulk_create(
        Team(namespace=cast.acme, name=f"t{n:04}", role=TeamRole.MEMBER)
        for n in numbers
    )
    TeamMember.objects.bulk_create(
        TeamMember(namespace=cast.acme, team=team, robot=cast.ci) for team in teams
    )
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace=cast.acme, repository=repository, role=role, **{column: grantee}
        )
        for repository, team in zip(repositories, teams, strict=True)
        for column, grantee, role in (
            ("robot", cast.ci, Role.READ),
            ("team", team, Role.WRITE),
        )
    )
    return cast


@pytest.mark.parametrize("scopes", [1, 10, 100])
def test_a_robots_request_costs_one_query(
    scopes: int, cast: Cast, endpoint: Endpoint
) -> None:
    asked = [f"repository:acme/r{n}:pull,push" for n in range(scopes)]
    with queries(1):
        response = endpoint.get(*asked, login=basic("acme+ci", cast.ci_secret))
    assert len(endpoint.claims(response)["access"]) == scopes


@pytest.mark.parametrize("scopes", [1, 10, 100])
def test_a_thousand_permissions_and_teams_do_not_add_one(
    scopes: int, crowded: Cast, endpoint: Endpoint
) -> None:
    asked = [f"repository:acme/r{n}:pull,push" for n in range(scopes)]
    with queries(1):
        response = endpoint.get(*asked, login=basic("acme+ci", crowded.ci_secret))
    access = endpoint.claims(response)["access"]
    assert [entry["actions"] for entry in access] == [["push", "pull"]] * scopes


def test_a_robot_that_asks_for_another_namespace_costs_two(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.repository(factories.organization("other"), "web")
    asked = ["repository:acme/web:pull", "repository:other/web:pull"]
    with queries(2):
        response = endpoint.get(*asked, login=basic("acme+ci", cast.ci_secret))
    access = endpoint.claims(response)["access"]
    assert [entry["actions"] for entry in access] == [["pull"], []]


def test_a_login_without_a_scope_costs_one_query(
    cast: Cast, endpoint: Endpoint
) -> None:
    with queries(1):
        response = endpoint.get(login=basic("acme+ci", cast.ci_secret))
    assert response.status_code == 200


def test_an_anonymous_request_costs_one_query(cast: Cast, endpoint: Endpoint) -> None:
    with queries(1):
        response = endpoint.get("repository:acme/public:pull")
    assert response.status_code == 200


def test_a_request_for_nothing_costs_none(db: None, endpoint: Endpoint) -> None:
    with queries(0):
        assert endpoint.get().status_code == 401
        assert endpoint.get("registry:catalog:*").status_code == 200
        assert endpoint.get(method="PUT").status_code == 405
        assert endpoint.get("nonsense").status_code == 400


def test_a_robots_refresh_costs_one_more_than_its_login(
    cast: Cast, endpoint: Endpoint
) -> None:
    scope = "repository:acme/web:pull"
    login = basic("acme+ci", cast.ci_secret)
    with queries(1):
        response = endpoint.get(scope, login=login, offline_token="true")
    token = body(response)["refresh_token"]
    with queries(2):
        refreshed = endpoint.post(
            grant_type="refresh_token", refresh_token=token, scope=scope
        )
    assert refreshed.status_code == 200


def test_a_persons_request_costs_two_and_a_refresh_token_one_more(
    cast: Cast, endpoint: Endpoint
) -> None:
    scope = "repository:acme/web:pull"
    with queries(2):
        assert endpoint.get(scope, login=basic("alice")).status_code == 200
    with queries(3):
        response = endpoint.get(scope, login=basic("alice"), offline_token="true")
    assert "refresh_token" in body(response)


def test_the_published_keys_cost_no_query(db: None, endpoint: Endpoint) -> None:
    with queries(0):
        assert endpoint.client.get("/.well-known/jwks.json").status_code == 200
