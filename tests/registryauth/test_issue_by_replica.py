"""What a token grants where a replica answers first.

The primary's rows stand for what it says, as they were when it was first asked: a
replica that hears of nothing more. Real ones are in tests/replica.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from robots.lifecycle.permissions import grant
from robots.models import RepositoryPermission, RobotToken
from robots.replica_watch import watch
from robots.replicas import ReplicatedQuery
from robots.roles import Role
from robots.statements import Row
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal

WEB = "repository:acme/web:pull,push"
API = "repository:acme/api:pull,push"
COULD_NOT_FIND = "Could not find robot with username: acme+ci and supplied password."


@pytest.fixture(autouse=True)
def replica(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that it was asked, in order."""
    asked: list[str] = []
    known: dict[str, list[Row]] = {}

    def rows(query: ReplicatedQuery, values: Mapping[str, Any]) -> list[Row]:
        asked.append(str(query))
        named = {
            name: value
            for name, value in values.items()
            if not isinstance(value, datetime)
        }
        return known.setdefault(f"{query} {named}", query.rows(values))

    monkeypatch.setattr(ReplicatedQuery, "replica_rows", rows)
    monkeypatch.setattr(watch, "is_usable", lambda: True)
    return asked


def actions(endpoint: Endpoint, scope: str, login: str | None) -> set[str]:
    claims = endpoint.claims(endpoint.get(scope, login=login))
    return set(claims["access"][0]["actions"])


def test_what_it_grants_whole_is_granted(
    cast: Cast, endpoint: Endpoint, replica: list[str]
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    assert actions(endpoint, WEB, login) == {"pull", "push"}
    assert len(replica) == 2
    # It has not heard of that: in time it will.
    RepositoryPermission.objects.all().delete()
    assert actions(endpoint, WEB, login) == {"pull", "push"}


def test_what_it_does_not_grant_whole_the_primary_is_asked(
    cast: Cast, endpoint: Endpoint
) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    login = basic("acme+ci", cast.ci_secret)
    assert actions(endpoint, API, login) == {"pull"}
    grant(cast.api, cast.ci, Role.WRITE, factories.BY)
    assert actions(endpoint, API, login) == {"pull", "push"}


def test_the_primary_grants_nothing_to_a_token_that_it_does_not_know(
    cast: Cast, endpoint: Endpoint
) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    login = basic("acme+ci", cast.ci_secret)
    assert actions(endpoint, API, login) == {"pull"}
    RobotToken.objects.all().delete()
    assert refusal(endpoint.get(API, login=login)) == (
        401,
        "UNAUTHORIZED",
        COULD_NOT_FIND,
    )


def test_what_the_primary_just_found_is_not_asked_of_it(
    cast: Cast, endpoint: Endpoint, replica: list[str]
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    token = RobotToken.objects.get(robot=cast.ci)
    token.delete()
    assert endpoint.get(WEB, login=login).status_code == 401
    token.save(force_insert=True)
    # It does not know the token yet, so that the primary lets the robot in.
    before = len(replica)
    assert actions(endpoint, WEB, login) == {"pull", "push"}
    assert len(replica) - before == 1
