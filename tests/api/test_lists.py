"""Every list is searched with `q` and paged with `limit`; wrong values are told."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from quaysite.api.documents import openapi_document
from robots.lifecycle.permissions import grant
from robots.roles import Role
from tests import factories
from tests.api.local import LocalClient
from tests.api.matrix import World
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

UNSEARCHED = {
    # Nothing in them has a name.
    "/api/v1/organization/{orgname}/robots/{robot_shortname}/tokens",
    "/api/v1/user/robots/{robot_shortname}/tokens",
}

SEVERAL = {
    # One of their lists is searched.
    "/api/v1/organization/{orgname}/unusedaccess",
    "/api/v1/user/unusedaccess",
}


def searched_lists() -> list[str]:
    """The paths of lists that have pages, as the OpenAPI document tells."""
    return [
        path
        for path, operations in openapi_document()["paths"].items()
        if "next_page" in parameters(operations.get("get", {}))
    ]


def parameters(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


def test_every_list_that_has_pages_is_searched() -> None:
    unsearched = {
        path
        for path in searched_lists()
        if "q" not in parameters(openapi_document()["paths"][path]["get"])
    }
    assert unsearched == UNSEARCHED


def test_wrong_values_are_told_and_a_search_for_nothing_finds_nothing(
    cast: Cast, local_user: Callable[..., LocalClient], settings: Settings
) -> None:
    settings.SUPER_USERS = ["omni"]
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    world = World(cast)
    client = local_user(world.omni)
    for path in searched_lists():
        url = path.format(**world.values)
        public = "&public=true" if path.endswith("/repository") else ""
        for bad in ("q=%00", "next_page=forged", f"q={'x' * 512}"):
            if path in UNSEARCHED and bad.startswith("q="):
                continue
            assert client.get(f"{url}?{bad}{public}").status == 400, (path, bad)
        found = client.get(f"{url}?q=no-such-thing-anywhere{public}")
        assert found.status == 200, (path, found.text)
        if path not in UNSEARCHED | SEVERAL:
            lists = [v for v in found.json.values() if isinstance(v, list | dict)]
            assert lists == [type(lists[0])()], path


def test_permissions_of_a_repository_are_searched_and_paged(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    grant(cast.web, cast.bob, Role.READ, factories.BY)
    alice = local_user(cast.alice)
    url = "/api/v1/repository/acme/web/permissions/user/"
    assert list(alice.get(f"{url}?q=BO").json["permissions"]) == ["bob"]
    assert list(alice.get(f"{url}?q=read").json["permissions"]) == ["acme+reader"]
    seen: list[str] = []
    token = ""
    for _ in range(3):
        page = alice.get(f"{url}?limit=1{token}").json
        seen += page["permissions"]
        token = f"&next_page={page.get('next_page')}"
    assert "next_page" not in page
    assert seen == ["acme+ci", "acme+reader", "bob"]


def test_a_robots_permissions_and_applications_are_searched(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    alice = local_user(cast.alice)
    org = "/api/v1/organization/acme"
    found = alice.get(f"{org}/robots/ci/permissions?q=ap").json["permissions"]
    assert [row["repository"]["name"] for row in found] == ["api"]
    for name in ("deploy", "report"):
        assert alice.post(f"{org}/applications", {"name": name}).status == 200
    found = alice.get(f"{org}/applications?q=POR").json["applications"]
    assert [row["name"] for row in found] == ["report"]
    first = alice.get(f"{org}/applications?limit=1").json
    assert [row["name"] for row in first["applications"]] == ["deploy"]
    token = first["next_page"]
    rest = alice.get(f"{org}/applications?limit=1&next_page={token}").json
    assert [row["name"] for row in rest["applications"]] == ["report"]
    assert "next_page" not in rest
