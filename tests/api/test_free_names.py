"""A name that is deleted is free again at once, two hundred times in a row."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.models import Namespace, Repository
from tests.api.local import LocalClient
from tests.api.matrix import in_session
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

TIMES = 200


def test_of_a_repository(cast: Cast, local_user: Callable[..., LocalClient]) -> None:
    alice = local_user(cast.alice)
    body = {
        "namespace": "acme",
        "repository": "again",
        "visibility": "private",
        "description": "",
    }
    for _ in range(TIMES):
        assert alice.post("/api/v1/repository", body).status == 201
        assert alice.delete("/api/v1/repository/acme/again").status == 204
    assert not Repository.objects.filter(name="again").exists()


def test_of_a_person(cast: Cast, settings: Settings) -> None:
    settings.SUPER_USERS = ["alice"]
    alice = in_session(cast.alice)
    for _ in range(TIMES):
        assert (
            alice.post("/api/v1/superuser/users/", {"username": "again"}).status == 200
        )
        assert alice.delete("/api/v1/superuser/users/again").status == 204
    assert not User.objects.filter(username="again").exists()
    assert not Namespace.objects.filter(name="again").exists()
