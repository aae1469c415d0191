"""ROBOT_TOKEN_BUDGET: so many tokens a minute and robot, and never one too few."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings

from robots.identity import Identity, Kind, Method
from robots.shared_cache import shared_cache
from robots.token_budget import TokenBudget
from tests.clock import StandingClock, standing_clock
from tests.conftest import Cast
from tests.redis_server import Redis, redis_cache
from tests.registryauth.conftest import endpoint
from tests.registryauth.endpoint import (
    SERVICE,
    Endpoint,
    basic,
    body,
    login_of,
    refusal,
)

__all__ = ["endpoint"]

WEB = "repository:acme/web:pull"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    return standing_clock(monkeypatch)


@pytest.fixture(params=["memory", "redis"])
def cache(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings
) -> Iterator[Redis | None]:
    if request.param == "memory":
        yield None
        return
    running = Redis(tmp_path)
    backend = "robots.redis_cache.CountingRedisCache"
    settings.CACHES = redis_cache(running.url, backend)
    yield running
    running.stop()
    caches.close_all()
    shared_cache.forget()


def test_a_robot_that_had_its_tokens_waits_for_the_next_minute(
    cache: None, cast: Cast, endpoint: Endpoint, settings: Settings,
    clock: StandingClock, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    settings.ROBOT_TOKEN_BUDGET = 5
    login = login_of(cast.ci)
    told = Counter(endpoint.get(WEB, login=login).status_code for _ in range(8))
    assert told == {200: 5, 429: 3}
    answer = endpoint.get(WEB, login=login)
    text = "Too many tokens for this robot. Try again in 50 seconds."
    assert refusal(answer) == (429, "TOOMANYREQUESTS", text)
    assert answer["Retry-After"] == "50"
    assert sum("acme+ci has had its tokens" in line for line in caplog.messages) == 1
    assert endpoint.get(WEB, login=login_of(cast.reader)).status_code == 200
    assert endpoint.get(WEB, login=basic("alice")).status_code == 200
    assert endpoint.get(WEB, login=basic("acme+ci", "wrong")).status_code == 401
    assert endpoint.get("repository:acme/public:pull").status_code == 200
    clock.move(50)
    assert endpoint.get(WEB, login=login).status_code == 200


def test_refresh_tokens_are_counted_too(
    cast: Cast, endpoint: Endpoint, settings: Settings, clock: StandingClock
) -> None:
    settings.ROBOT_TOKEN_BUDGET = 2
    given = endpoint.get(login=login_of(cast.ci), offline_token="true")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": body(given)["refresh_token"],
        "service": SERVICE,
        "client_id": "x",
    }
    told = [endpoint.post(**form).status_code for _ in range(3)]
    assert told == [200, 429, 429]


def test_a_push_past_the_budget_creates_no_repository(
    cast: Cast, endpoint: Endpoint, settings: Settings, clock: StandingClock
) -> None:
    settings.ROBOT_TOKEN_BUDGET = 1
    login = login_of(cast.ci)
    assert endpoint.get(WEB, login=login).status_code == 200
    push = endpoint.get("repository:acme/new:pull,push", login=login)
    assert push.status_code == 429
    assert not cast.acme.repositories.filter(name="new").exists()


def test_it_is_one_for_all_processes_and_holds_no_longer_without_redis(
    cache: Redis | None, settings: Settings
) -> None:
    settings.ROBOT_TOKEN_BUDGET = 3
    clock = StandingClock()
    one, two = TokenBudget(clock), TokenBudget(clock)
    robot = Identity(kind=Kind.ROBOT, name="acme+ci", id=7, method=Method.STATIC_TOKEN)

    def refused(times: int) -> int:
        before = one.refused + two.refused
        for budget in (one, two) * times:
            try:
                budget.spend(robot)
            except Exception as error:  # noqa: BLE001 - its text is what is asked for
                assert "Try again in 50 seconds" in str(error)
        return one.refused + two.refused - before

    assert refused(3) == (3 if cache else 0)
    if cache is None:
        return
    cache.stop()
    assert refused(10) == 0


def test_without_a_budget_no_cache_is_asked(cast: Cast, endpoint: Endpoint) -> None:
    with patch.object(shared_cache, "ask", side_effect=AssertionError) as asked:
        assert endpoint.get(WEB, login=login_of(cast.ci)).status_code == 200
    assert not asked.called
