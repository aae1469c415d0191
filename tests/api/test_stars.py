"""Stars over the API: contract sections 1.10 and 1.11."""

import pytest
from pytest_django import DjangoAssertNumQueries

from robots.errors import NotFound
from robots.lifecycle.stars import add_star
from robots.models import Repository, RepositoryPermission, Star
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.shapes import REQUIRES_AUTHENTICATION, UNAUTHORIZED
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

STARS = "/api/v1/user/starred"
API = {"namespace": "acme", "repository": "api"}


@pytest.fixture
def bob(cast: Cast, local_user: LocalUser) -> LocalClient:
    """In a team that may write to acme/api; no administrator of acme."""
    return local_user(cast.bob)


def test_a_star_is_set_listed_and_taken_off(cast: Cast, bob: LocalClient) -> None:
    for _ in range(2):
        made = bob.post(STARS, {**API, "extra": 1})
        assert (made.status, made.json) == (201, API)
    assert Star.objects.get().user == cast.bob
    assert bob.get("/api/v1/repository/acme/api").json["is_starred"] is True
    assert bob.get(f"{STARS}/").json == {
        "repositories": [
            {
                "namespace": "acme",
                "name": "api",
                "description": "",
                "is_public": False,
            }
        ]
    }
    for _ in range(2):
        gone = bob.delete(f"{STARS}/acme/api")
        assert (gone.status, gone.text) == (204, "")
    assert not Star.objects.exists()
    assert bob.get("/api/v1/repository/acme/api").json["is_starred"] is False


def test_nobody_stars_what_is_hidden_or_missing(
    cast: Cast, bob: LocalClient, local_user: LocalUser
) -> None:
    wanted = [
        ("acme", "web"),
        ("acme", "nosuch"),
        ("acme/a", "b"),
        ("", ""),
        ("x" * 999, "É"),
    ]
    for namespace, repository in wanted:
        answer = bob.post(STARS, {"namespace": namespace, "repository": repository})
        assert (answer.status, answer.text) == (200, "null")
        assert answer.headers["Content-Type"] == "application/json"
    assert local_user(cast.bob, "user:admin").post(STARS, API).text == "null"
    for path in ("acme/web", "acme/nosuch", "acme/A%00", "a%0a/%ff", "nosuch/a/b"):
        assert bob.delete(f"{STARS}/{path}").status == 204
    assert bob.delete(f"{STARS}/acme").status == 404
    assert not Star.objects.exists()


def test_a_star_on_what_became_hidden_does_not_show(
    cast: Cast, bob: LocalClient
) -> None:
    assert bob.post(STARS, API).status == 201
    RepositoryPermission.objects.filter(repository=cast.api).delete()
    assert bob.get(STARS).json == {"repositories": []}
    assert bob.delete(f"{STARS}/acme/api").status == 204
    assert not Star.objects.exists()


def test_who_may(cast: Cast, local: LocalClient, local_user: LocalUser) -> None:
    assert local.get(STARS).json == REQUIRES_AUTHENTICATION
    assert local.post(STARS, API).status == 403
    Star.objects.create(user=cast.bob, repository=cast.api)
    too_few = local_user(cast.bob, "user:read repo:admin org:admin")
    assert too_few.post(STARS, API).json == UNAUTHORIZED
    assert too_few.delete(f"{STARS}/acme/api").json == UNAUTHORIZED
    assert len(too_few.get(STARS).json["repositories"]) == 1
    assert local_user(cast.bob, "repo:admin").get(STARS).json == UNAUTHORIZED
    alice = local_user(cast.alice)
    assert alice.get(STARS).json == {"repositories": []}
    assert alice.delete(f"{STARS}/acme/api").status == 204
    assert Star.objects.get().user == cast.bob


def test_bodies(cast: Cast, bob: LocalClient) -> None:
    for body, message in (
        ({"namespace": "acme"}, "'repository' is a required property"),
        ({"namespace": 1, "repository": "api"}, "1 is not of type 'string'"),
        (
            {"namespace": "\ud800", "repository": "api"},
            "body: NUL and lone surrogates cannot be stored",
        ),
    ):
        answer = bob.post(STARS, body)
        assert (answer.status, answer.json["detail"]) == (400, message)


def test_the_list_has_pages_that_cost_the_same(
    cast: Cast,
    bob: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    own = factories.organization("own", cast.bob)
    Repository.objects.bulk_create(
        Repository(namespace=own, name=f"many{number:03}") for number in range(120)
    )
    Star.objects.bulk_create(
        Star(user=cast.bob, repository=repository)
        for repository in Repository.objects.filter(namespace=own)
    )
    with django_assert_max_num_queries(4):
        first = bob.get(STARS).json
    rest = bob.get(f"{STARS}?next_page={first['next_page']}").json
    assert [len(page["repositories"]) for page in (first, rest)] == [100, 20]
    assert "next_page" not in rest


@pytest.mark.django_db(transaction=True)
def test_a_repository_that_is_gone_meanwhile(cast: Cast) -> None:
    gone = Repository(pk=987654, namespace=cast.acme, name="gone")
    with pytest.raises(NotFound):
        add_star(cast.bob, gone)
