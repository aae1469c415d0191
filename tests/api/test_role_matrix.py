"""S-02, S-05, S-29: every operation of the OpenAPI document, for every sort of caller.

Each call is looked at for its status, for what it writes although it is refused, and
for the secrets that its answer holds.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from quaysite.api.documents import openapi_document
from robots.oauth_scopes import OAuthScope
from tests.api.canaries import Canaries, meant_to_show
from tests.api.client import Answer
from tests.api.local import LocalClient
from tests.api.matrix import BODIES, PEOPLE, Row, World, in_session, rows
from tests.api.tokens import bearer
from tests.api.written import writes
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
    canaries = Canaries.of_the_database()
    person = world.people.get(caller, world.omni)
    for row in ROWS:
        with transaction.atomic(), client.unchanged(), writes() as written:
            path = world.path(row, person)
            answer = client.send(row.method, path, BODIES.get(row.name), {})
            transaction.set_rollback(True)
        username = person.username if person else ""
        shown = canaries.shown_in(answer)
        meant = meant_to_show(row, caller, username) if lets_in(row, caller) else set()
        for problem in problems(row, caller, answer, written):
            yield f"{row.name}: {problem}"
        if shown != meant:
            yield f"{row.name}: shows {sorted(shown)}, not {sorted(meant)}"


def problems(
    row: Row, caller: str, answer: Answer, written: list[str]
) -> Iterator[str]:
    expected = expected_status(row, caller)
    if answer.status != expected:
        yield f"{answer.status}, not {expected}: {answer.text[:80]}"
    if written and not lets_in(row, caller):
        yield f"is refused, and yet writes: {written[0][:80]}"


def none_fail(found: Iterator[str]) -> None:
    if lines := list(found):
        pytest.fail("\n".join(lines), pytrace=False)


def lets_in(row: Row, caller: str) -> bool:
    return caller in row.people if caller in PEOPLE else caller in row.scopes


def expected_status(row: Row, caller: str) -> int:
    if lets_in(row, caller):
        return row.status
    return 401 if caller == "n" and row.method == "GET" else 403


@pytest.mark.parametrize("caller", PEOPLE, ids=PEOPLE.get)
def test_s02_s05_s29_every_operation_for_every_person(
    world: World, caller: str
) -> None:
    client = in_session(world.people[caller])
    none_fail(failures(world, caller, client))


@pytest.mark.parametrize("scope", OAuthScope)
def test_s02_s05_s29_every_operation_for_every_scope_alone(
    world: World, scope: OAuthScope
) -> None:
    client = LocalClient(bearer(world.omni, scope))
    none_fail(failures(world, scope, client))
