"""What Quaysite does not have answers as Quay does where it is not used (1.11)."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from registryauth import signing
from registryauth.signer import key_store
from robots.api.errors import ERROR_TYPES
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def root(cast: Cast, local_user: LocalUser) -> LocalClient:
    return local_user(factories.user("root", is_superuser=True))


def test_anybody_sees_that_there_are_no_messages(local: LocalClient) -> None:
    for path in ("messages", "messages/"):
        answer = local.get(API + path)
        assert (answer.status, answer.json) == (200, {"messages": []})
    capabilities = local.get(f"{API}capabilities")
    assert capabilities.status == 200
    assert capabilities.json["sparse_manifests"]["supported"] is False


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("user/notifications", {"notifications": [], "additional": False}),
        ("user/quota", []),
    ],
)
def test_a_person_has_no_notifications_and_no_quota(
    path: str, expected: Any, cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    assert local.get(API + path).status == 401
    assert local_user(cast.bob, "user:read").get(API + path).status == 403
    answer = local_user(cast.bob, "user:admin").get(API + path)
    assert (answer.status, answer.json) == (200, expected)


SIZE = {"size_bytes": 0, "last_ran": None, "running": False, "queued": False}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("superuser/registrysize/", SIZE), ("superuser/changelog/", {"log": ""})],
)
def test_the_site_has_no_size_and_no_change_log(
    path: str,
    expected: Any,
    cast: Cast,
    root: LocalClient,
    local: LocalClient,
    local_user: LocalUser,
    settings: Settings,
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert local.get(API + path).status == 401
    assert local_user(cast.bob).get(API + path).status == 403
    for client in (root, local_user(cast.charlie)):
        answer = client.get((API + path).rstrip("/"))
        assert (answer.status, answer.json) == (200, expected)


def test_the_public_signing_keys_are_listed(
    cast: Cast, root: LocalClient, local_user: LocalUser
) -> None:
    signing.active_key()
    key_store().add("RS256")
    signing.forget_keys()
    assert local_user(cast.bob).get(f"{API}superuser/keys").status == 403
    answer = root.get(f"{API}superuser/keys")
    assert answer.status == 200
    keys = answer.json["keys"]
    published = signing.jwks()["keys"]
    assert [key["jwk"] for key in keys] == published
    for key in keys:
        assert key["kid"] == key["jwk"]["kid"]
        assert key["created_date"].endswith(" -0000")
        assert key["approval"]["approval_type"].startswith("ServiceKeyApprovalType.")
        assert not {"d", "p", "q"} & set(key["jwk"])


def test_keys_that_cannot_be_read_are_503(cast: Cast, root: LocalClient) -> None:
    signing.active_key()
    (broken,) = key_store().folder.glob("*.pem")
    broken.write_text("nonsense")
    signing.forget_keys()
    answer = root.get(f"{API}superuser/keys")
    assert (answer.status, list(answer.json)) == (503, ["message"])
    assert str(broken) not in answer.text


@pytest.mark.parametrize("kind", list(ERROR_TYPES))
def test_each_type_of_error_is_explained_to_anybody(
    kind: str, local: LocalClient, settings: Settings
) -> None:
    answer = local.get(f"{API}error/{kind}")
    assert answer.status == 200
    assert list(answer.json) == ["type", "title", "description"]
    assert answer.json["title"] == kind
    assert answer.json["type"].endswith(f"/api/v1/error/{kind}")
    assert answer.json["description"]


def test_an_unknown_type_of_error_is_404(local: LocalClient) -> None:
    for kind in ("nonsense", "%00", "NOT_FOUND", "x" * 999):
        answer = local.get(f"{API}error/{kind}")
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
