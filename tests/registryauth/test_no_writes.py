"""No token request writes to the database, whatever its answer: uses wait in memory."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from robots.credentials import Secret
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.robots import set_enabled
from tests import factories
from tests.api.tokens import bearer
from tests.conftest import Cast
from tests.registryauth.endpoint import SERVICE, Endpoint, basic

SCOPES = ("repository:acme/web:pull,push", "repository:acme/nothing:pull")

Ask = Callable[[Cast, Endpoint], Any]

REQUESTS: dict[str, tuple[int, Ask]] = {
    "robot": (200, lambda c, e: e.get(*SCOPES, login=basic("acme+ci", c.ci_secret))),
    "robot's login": (200, lambda c, e: e.get(login=basic("acme+ci", c.ci_secret))),
    "wrong token": (401, lambda c, e: e.get(*SCOPES, login=basic("acme+ci", "WRONG"))),
    "unknown robot": (401, lambda c, e: e.get(*SCOPES, login=basic("a+b", "WRONG"))),
    "person": (200, lambda c, e: e.get(*SCOPES, login=basic("bob"))),
    "person's login": (
        200,
        lambda c, e: e.get(login=basic("bob"), offline_token="true"),
    ),
    "wrong password": (401, lambda c, e: e.get(login=basic("bob", "wrong"))),
    "unknown person": (401, lambda c, e: e.get(login=basic("nobody", "wrong"))),
    "anybody": (200, lambda c, e: e.get("repository:acme/public:pull")),
    "nobody": (401, lambda c, e: e.get()),
    "form": (
        200,
        lambda c, e: e.post(
            grant_type="password",
            username="acme+ci",
            password=c.ci_secret.reveal(),
            service=SERVICE,
            scope=SCOPES[0],
        ),
    ),
    "no such scope": (400, lambda c, e: e.get("nonsense")),
}


def writes(captured: CaptureQueriesContext) -> list[str]:
    statements = [query["sql"] for query in captured]
    return [sql for sql in statements if not sql.lstrip("(").startswith("SELECT")]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_only_reads(name: str, cast: Cast, endpoint: Endpoint) -> None:
    status, ask = REQUESTS[name]
    with CaptureQueriesContext(connection) as captured:
        assert ask(cast, endpoint).status_code == status
    assert writes(captured) == []


@pytest.mark.parametrize("name", ["$app", "$oauthtoken"])
def test_a_persons_tokens_only_read(name: str, cast: Cast, endpoint: Endpoint) -> None:
    secrets: dict[str, Secret | str] = {
        "$app": create_app_token(cast.bob, "laptop", factories.BY).secret,
        "$oauthtoken": bearer(cast.bob, "repo:read"),
    }
    with CaptureQueriesContext(connection) as captured:
        answer = endpoint.get(SCOPES[0], login=basic(name, secrets[name]))
    assert answer.status_code == 200
    assert writes(captured) == []


def test_a_disabled_robot_is_refused_without_a_write(
    cast: Cast, endpoint: Endpoint
) -> None:
    set_enabled(cast.ci, False, factories.BY)
    with CaptureQueriesContext(connection) as captured:
        answer = endpoint.get(SCOPES[0], login=basic("acme+ci", cast.ci_secret))
    assert answer.status_code == 401
    assert writes(captured) == []
