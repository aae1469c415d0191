"""Which repositories whom is shown, one by one and in lists."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from robots.models import Repository, Star
from robots.roles import State, Visibility
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.repository_calls import ALL, NOT_FOUND, PUBLIC, WEB, refused
from tests.api.shapes import REQUIRES_AUTHENTICATION, UNAUTHORIZED
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_lists_hold_what_the_caller_sees(
    cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    def names(client: LocalClient, search: str) -> list[str]:
        answer = client.get(f"{ALL}?{search}")
        assert answer.status == 200
        return [item["name"] for item in answer.json["repositories"]]

    factories.repository(factories.organization("other"), "hidden")
    alice, bob, charlie = map(local_user, (cast.alice, cast.bob, cast.charlie))
    assert names(alice, "namespace=acme") == ["api", "public", "web"]
    assert names(bob, "namespace=acme") == ["api", "public"]
    assert names(charlie, "namespace=acme") == names(local, "public=true") == ["public"]
    assert names(local_user(cast.alice, "user:read"), "namespace=acme") == ["public"]
    assert names(local_user(cast.alice, "repo:read"), "public=true") == [
        "api",
        "public",
        "web",
    ]
    assert names(alice, "namespace=acme&q=W") == ["web"]
    assert names(alice, "namespace=acme&repo_kind=application") == []
    for namespace in ("nosuch", "other", "a%0a", "%ff", "a'b"):
        assert names(alice, f"namespace={namespace}") == []
    Star.objects.create(user=cast.alice, repository=cast.web)
    assert names(alice, "starred=true") == ["web"]
    assert names(bob, "starred=True") == []


def test_what_lists_say_and_refuse(
    cast: Cast, local: LocalClient, alice: LocalClient
) -> None:
    Star.objects.create(user=cast.alice, repository=cast.public)
    item = {
        "namespace": "acme",
        "name": "public",
        "description": "",
        "is_public": True,
        "kind": "image",
        "state": "NORMAL",
    }
    assert local.get(f"{ALL}?public=true").json == {"repositories": [item]}
    wanted = "namespace=acme&q=public&last_modified=true&popularity=1"
    assert alice.get(f"{ALL}/?{wanted}").json == {
        "repositories": [
            {**item, "is_starred": True, "last_modified": None, "popularity": 0.0}
        ]
    }
    for search in ("", "?namespace=", "?starred=false&public=0", "?q=web"):
        answer = alice.get(f"{ALL}{search}")
        message = "namespace, starred or public are required for this API call"
        assert (answer.status, answer.json) == (400, refused(message))
    assert local.get(f"{ALL}?starred=true").json == REQUIRES_AUTHENTICATION
    assert alice.get(f"{ALL}?namespace=a%00").status == 400
    assert alice.get(f"{ALL}?public=1&q=a%00").status == 400
    assert alice.get(f"{ALL}?public=1&next_page=forged").status == 400


def test_a_list_has_pages_that_cost_the_same(
    cast: Cast,
    alice: LocalClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=f"many{number:03}")
        for number in range(150)
    )
    with django_assert_max_num_queries(4):
        first = alice.get(f"{ALL}?namespace=acme")
    with django_assert_max_num_queries(3):
        second = alice.get(f"{ALL}?namespace=acme&next_page={first.json['next_page']}")
    assert len(first.json["repositories"]) == 100
    assert "next_page" not in second.json
    both = first.json["repositories"] + second.json["repositories"]
    names = [item["name"] for item in both]
    assert len(names) == 153
    assert names == sorted(set(names))
    starred = alice.get(f"{ALL}?starred=true&next_page={first.json['next_page']}")
    assert starred.json == {"repositories": []}


def test_what_one_repository_shows_to_whom(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    def rights(client: LocalClient, path: str) -> tuple[bool, bool]:
        answer = client.get(path)
        assert answer.status == 200
        return answer.json["can_write"], answer.json["can_admin"]

    public, api = f"{ALL}/acme/public", f"{ALL}/acme/api"
    assert rights(local, public) == (False, False)
    assert rights(local_user(cast.alice, "user:read"), public) == (False, False)
    assert rights(local_user(cast.alice, "repo:write"), api) == (True, False)
    assert rights(local_user(cast.bob), api) == (True, False)
    assert "tags" not in local.get(f"{public}?includeTags=false").json
    assert "stats" not in local.get(public).json
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert rights(local_user(cast.charlie), api) == (False, False)
    own = factories.repository(cast.bob.personal_namespace, "own")
    Star.objects.create(user=cast.bob, repository=own)
    shown = local_user(cast.bob).get(f"{ALL}/bob/own/").json
    assert (shown["is_organization"], shown["is_starred"]) == (False, True)


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"description": "x"}),
        ("DELETE", "", None),
        ("POST", "/changevisibility", PUBLIC),
        ("PUT", "/changestate", {"state": "READ_ONLY"}),
        ("GET", "/tag/", None),
        ("GET", "/mirror", None),
        ("GET", "/autoprunepolicy/", None),
        ("POST", "/immutabilitypolicy/", {}),
    ],
)
def test_hidden_and_missing_look_the_same(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    method: str,
    rest: str,
    body: object,
) -> None:
    anonymous = (
        REQUIRES_AUTHENTICATION
        if method == "GET"
        else {"error": "CSRF token was invalid or missing."}
    )
    odd = (
        "acme/A",
        "acme/a%00b",
        "acme/a%0Ab",
        "acme/%ff",
        "nosuch/web",
        "-/x",
        "a/b/c",
    )
    for name in ("acme/web", "acme/nosuch", *odd):
        path = f"{ALL}/{name}{rest}"
        assert local.send(method, path, body, {}).json == anonymous
        for client in (
            local_user(cast.charlie),
            local_user(cast.alice, "org:admin user:admin repo:create"),
        ):
            assert client.send(method, path, body, {}).json == UNAUTHORIZED
    missing = local_user(cast.alice).send(method, f"{ALL}/acme/nosuch{rest}", body, {})
    if rest == "/changevisibility":
        assert (missing.status, missing.text) == (200, "null")
    else:
        assert (missing.status, missing.json) == (404, NOT_FOUND)
    web = Repository.objects.get(pk=cast.web.pk)
    assert (web.description, web.visibility, web.state) == (
        "",
        Visibility.PRIVATE,
        State.NORMAL,
    )


def test_showing_one_costs_a_handful_of_queries(cast: Cast, alice: LocalClient) -> None:
    alice.get(WEB)  # The first use of a token is written down.
    with CaptureQueriesContext(
        connection,
    ) as queries:
        alice.get(WEB)
    assert len(queries) <= 4
