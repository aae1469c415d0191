"""S-02, S-29: every operation of the OpenAPI document, for every sort of caller."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from quaysite.api.documents import openapi_document
from robots.oauth_scopes import OAuthScope
from tests.api.local import LocalClient
from tests.api.matrix import BODIES, PEOPLE, Row, World, in_session, rows
from tests.api.tokens import bearer
from tests.conftest import Cast

ROWS = list(rows())
PREFIX = "/api/v1"


@pytest.fixture
def world(cast: Cast, settings: Settings) -> World:
    settings.SUPER_USERS = ["root", "omni"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["erin"]
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    return World(cast)


def test_s29_the_matrix_and_the_document_name_the_same_operations() -> None:
    document = openapi_document()
    documented = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    named = [row.name for row in ROWS]
    assert sorted(named) == sorted(set(named)), "an operation is named twice"
    assert documented - set(named) == set(), "not in role_matrix.txt"
    assert set(named) - documented == set(), "not in the OpenAPI document"


def failures(world: World, caller: str, client: LocalClient) -> Iterator[str]:
    """Each operation as this caller finds it; what is changed is undone after it."""
    for row in ROWS:
        with transaction.atomic(), client.unchanged():
            expected = expected_status(row, caller)
            person = world.people.get(caller, world.omni)
            path = world.path(row, person)
            answer = client.send(row.method, path, BODIES.get(row.name), {})
            transaction.set_rollback(True)
        if answer.status != expected:
            yield f"{row.name}: {answer.status}, not {expected}: {answer.text[:80]}"


def none_fail(found: Iterator[str]) -> None:
    if lines := list(found):
        pytest.fail("\n".join(lines), pytrace=False)


def expected_status(row: Row, caller: str) -> int:
    allowed = caller in row.people if caller in PEOPLE else caller in row.scopes
    if allowed:
        return row.status
    return 401 if caller == "n" and row.method == "GET" else 403


@pytest.mark.parametrize("caller", PEOPLE, ids=PEOPLE.get)
def test_s02_s29_every_operation_for_every_person(world: World, caller: str) -> None:
    client = in_session(world.people[caller])
    none_fail(failures(world, caller, client))


@pytest.mark.parametrize("scope", OAuthScope)
def test_s02_s29_every_operation_for_every_scope_alone(
    world: World, scope: OAuthScope
) -> None:
    client = LocalClient(bearer(world.omni, scope))
    none_fail(failures(world, scope, client))
