"""Search: contract sections 1.8 and 1.11 (P1, M11)."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from robots.api.listing import listed_namespaces, may_list
from robots.identity import Ceiling, Identity
from robots.models import Namespace, Star
from robots.people import identity_of_person
from robots.roles import Role, TeamRole, UserRole, Visibility
from robots.standing import standing_in
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

REPOSITORIES = "/api/v1/find/repositories"


def find(client: LocalClient, wanted: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/find/all?query={wanted}")
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def titles(client: LocalClient, wanted: str) -> set[tuple[str, str]]:
    return {(hit["kind"], hit["name"]) for hit in find(client, wanted)}


def test_a_hit_of_each_kind(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    (robot,) = find(alice, "reader")
    assert robot == {
        "title": "robot",
        "kind": "robot",
        "avatar": None,
        "name": "acme+reader",
        "score": 1.0,
        "href": "/organization/acme?tab=robots&showRobot=acme+reader",
        "short_name": "reader",
    }
    (person,) = find(alice, "alice")
    assert (person["title"], person["href"]) == ("user", "/user/alice")
    (organization,) = find(alice, "acme")
    assert organization["kind"] == "organization"
    assert (organization["title"], organization["href"]) == (
        "org",
        "/organization/acme",
    )
    (team,) = find(alice, "developers")
    assert (team["kind"], team["score"]) == ("team", 2.0)
    assert team["href"] == "/organization/acme/teams/developers"
    assert team["organization"] == organization
    (repository,) = find(alice, "web")
    assert repository == {
        "kind": "repository",
        "title": "repo",
        "namespace": organization,
        "name": "web",
        "description": "",
        "is_public": False,
        "score": 4.0,
        "href": "/repository/acme/web",
    }
    (by_full_name,) = find(alice, "acme%2Bread")
    assert by_full_name["name"] == "acme+reader"


def test_nobody_sees_more_than_is_public(
    cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    assert titles(local, "a") == {("organization", "acme")}
    assert titles(local, "public") == {("repository", "public")}
    assert titles(local, "web") == titles(local, "reader") == set()
    assert find(local, "") == find(local, "%20") == []
    outsider = local_user(cast.charlie)
    assert titles(outsider, "web") == titles(outsider, "reader") == set()
    assert titles(outsider, "developers") == set()
    assert titles(outsider, "bob") == {("user", "bob")}
    assert titles(local, "bob") == set()


def test_members_find_what_they_may_list(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    member = local_user(cast.bob)
    assert titles(member, "developers") == {("team", "developers")}
    assert titles(member, "reader") == {("robot", "acme+reader")}
    assert titles(member, "api") == {("repository", "api")}
    assert titles(member, "web") == set()
    few = local_user(cast.bob, scope="user:read")
    assert titles(few, "developers") == titles(few, "api") == set()
    factories.robot(cast.bob.personal_namespace, "own")
    (own,) = find(member, "own")[-1:]
    assert own["href"] == "/user/bob?tab=robots&showRobot=bob+own"
    assert ("robot", "bob+own") not in titles(local_user(cast.alice), "own")
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert ("robot", "bob+own") in titles(local_user(cast.charlie), "own")


def test_five_of_a_kind_the_best_first(
    cast: Cast, local_user: LocalUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        factories.robot(cast.acme, f"deploy{number}")
        factories.repository(cast.acme, f"deploy{number}")
        factories.team(cast.acme, f"deploy{number}")
    factories.repository(cast.acme, "deploy")
    alice = local_user(cast.alice)
    find(alice, "zzz")
    with django_assert_num_queries(5):
        found = find(alice, "deploy")
    assert [hit["kind"] for hit in found] == (
        ["repository"] * 5 + ["team"] * 5 + ["robot"] * 5
    )
    assert found[0]["name"] == "deploy"
    scores = [hit["score"] for hit in found]
    assert scores == sorted(scores, reverse=True)


def test_repositories_come_in_pages(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        factories.repository(cast.acme, f"app{number:02}", Visibility.PUBLIC)
    with django_assert_num_queries(1):
        first = local.get(f"{REPOSITORIES}?query=APP&page=1").json
    assert [hit["name"] for hit in first["results"]] == [
        f"app{n:02}" for n in range(10)
    ]
    assert (first["has_additional"], first["page"], first["page_size"]) == (True, 1, 10)
    assert "stars" not in first["results"][0]
    second = local.get(f"{REPOSITORIES}?query=app&page=2").json
    assert [hit["name"] for hit in second["results"]] == ["app10", "app11"]
    assert (second["has_additional"], second["start_index"]) == (False, 10)
    last = local.get(f"{REPOSITORIES}?page=999").json
    assert (last["page"], last["results"]) == (10, [])
    everything = local.get(f"{REPOSITORIES}?includeUsage=false").json
    assert everything["has_additional"] is True
    assert len(local_user(cast.alice).get(REPOSITORIES).json["results"]) == 10


def test_namespaces_descriptions_and_stars(cast: Cast, local_user: LocalUser) -> None:
    cast.web.description = "The Frontend"
    cast.web.save()
    Star.objects.create(user=cast.bob, repository=cast.web)
    alice = local_user(cast.alice)
    (hit,) = alice.get(f"{REPOSITORIES}?query=front&includeUsage=True").json["results"]
    assert (hit["name"], hit["stars"]) == ("web", 1)
    assert (hit["last_modified"], hit["popularity"]) == (None, 0.0)
    scoped = alice.get(f"{REPOSITORIES}?query=acme/we").json["results"]
    assert [hit["name"] for hit in scoped] == ["web"]
    assert alice.get(f"{REPOSITORIES}?query=acm/we").json["results"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("query=%00", 400),
        ("query=" + "x" * 256, 400),
        ("page=x", 400),
        ("page=-1", 400),
        ("page=" + "9" * 30, 400),
        ("query=%25_%5C", 200),
        ("query=/", 200),
        ("query=%2B", 200),
        ("query=%F0%9F%90%B3", 200),
    ],
)
def test_odd_questions(
    cast: Cast, local: LocalClient, local_user: LocalUser, query: str, status: int
) -> None:
    for client in (local, local_user(cast.alice)):
        assert client.get(f"{REPOSITORIES}?{query}").status == status
        if not query.startswith("page"):
            assert client.get(f"/api/v1/find/all?{query}").status == status


@pytest.mark.parametrize(
    "ceiling",
    [
        None,
        Ceiling(),
        Ceiling(repository=Role.ADMIN, user=UserRole.READ),
        Ceiling(namespace=TeamRole.CREATOR),
        Ceiling(user=UserRole.ADMIN),
        Ceiling(site=True),
    ],
)
def test_searching_many_namespaces_agrees_with_asking_each(
    cast: Cast, settings: Settings, ceiling: Ceiling | None
) -> None:
    def each(identity: Identity) -> set[str]:
        standings = [standing_in(identity, n.name) for n in Namespace.objects.all()]
        return {s.namespace.name for s in standings if s and may_list(identity, s)}

    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    for person in (cast.alice, cast.bob, cast.charlie):
        identity = identity_of_person(person, ceiling=ceiling)
        found = listed_namespaces(identity).values_list("name", flat=True)
        assert set(found) == each(identity)
