"""S-26: who sends wrong secrets stops itself, and the real client nowhere else."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from quaysite.token_lane import TokenLane
from robots import login_blocks
from robots.lifecycle.app_tokens import create_app_token
from robots.models import AuditEvent
from robots.shared_cache import shared_cache
from robots.usage import usage
from tests import factories
from tests.clock import WINDOW, StandingClock, standing_clock
from tests.conftest import Cast
from tests.redis_server import Redis, redis_cache
from tests.registryauth.endpoint import SERVICE, Endpoint, basic, refusal

ATTACKER, CLIENT, OFFICE = "198.51.100.7", "203.0.113.9", "192.0.2.1"

Ask = Callable[[str, str, str], tuple[int, str | None]]
"""User name, secret and address to status and Retry-After."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    return standing_clock(monkeypatch)


def by_lane(name: str, secret: str, address: str) -> tuple[int, str | None]:
    """GET, by the way in front of Django."""
    told: list[Any] = []
    environ = RequestFactory().get("/v2/auth").environ
    environ |= {"REMOTE_ADDR": address, "HTTP_AUTHORIZATION": basic(name, secret)}

    def beyond(*_: Any) -> Any:
        raise AssertionError("it was passed on")

    def start_response(*head: Any) -> Any:
        told[:] = head

    body = TokenLane(beyond)(environ, start_response)
    headers = dict(told[1])
    if told[0].startswith("429"):
        (error,) = json.loads(b"".join(body))["errors"]
        assert error["code"] == "TOOMANYREQUESTS"
    return int(told[0][:3]), headers.get("Retry-After")


def by_get(name: str, secret: str, address: str) -> tuple[int, str | None]:
    """GET, by the view."""
    answer = Endpoint(Client(REMOTE_ADDR=address)).get(login=basic(name, secret))
    return answer.status_code, answer.headers.get("Retry-After")


def by_post(name: str, secret: str, address: str) -> tuple[int, str | None]:
    answer = Endpoint(Client(REMOTE_ADDR=address)).post(
        grant_type="password",
        username=name,
        password=secret,
        service=SERVICE,
        client_id="tests",
    )
    return answer.status_code, answer.headers.get("Retry-After")


WAYS = pytest.mark.parametrize("ask", [by_lane, by_get, by_post])


@pytest.fixture(params=["memory", "redis"])
def cache(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings
) -> Iterator[None]:
    """Each cache that ships."""
    if request.param == "memory":
        yield
        return
    running = Redis(tmp_path)
    backend = "robots.redis_cache.CountingRedisCache"
    settings.CACHES = redis_cache(running.url, backend)
    yield
    running.stop()
    caches.close_all()
    shared_cache.forget()


@WAYS
@pytest.mark.parametrize("name", ["acme+ci", "acme+nosuch", "nosuch+ci"])
def test_s26_only_the_pair_waits_and_whether_it_exists_is_not_told(
    name: str, ask: Ask, cache: None, cast: Cast, clock: StandingClock
) -> None:
    right = cast.ci_secret.reveal()
    told = [ask(name, "wrong", ATTACKER) for _ in range(13)]
    assert told == [(401, None)] * 10 + [(429, "290")] * 3
    assert ask(name, right, ATTACKER) == (429, "290")
    is_there = name == "acme+ci"
    assert ask(name, right, CLIENT)[0] == (200 if is_there else 401)
    assert ask("acme+ci", right, CLIENT) == (200, None)
    assert ask("acme+reader", cast.reader_secret.reveal(), ATTACKER) == (200, None)
    clock.move(WINDOW - 10)
    assert ask(name, right, ATTACKER)[0] == (200 if is_there else 401)


@WAYS
@pytest.mark.parametrize("name", ["bob", "nobody"])
def test_s26_a_persons_password_is_guessed_ten_times(
    name: str, ask: Ask, cache: None, cast: Cast, clock: StandingClock
) -> None:
    told = [ask(name, "wrong", ATTACKER) for _ in range(12)]
    assert told == [(401, None)] * 10 + [(429, "290")] * 2
    assert ask(name, factories.PASSWORD, ATTACKER) == (429, "290")
    assert ask("bob", factories.PASSWORD, CLIENT) == (200, None)
    clock.move(WINDOW)
    assert ask("bob", factories.PASSWORD, ATTACKER) == (200, None)


@WAYS
def test_s26_the_real_client_works_all_through_an_attack(
    ask: Ask, cache: None, cast: Cast
) -> None:
    right = cast.ci_secret.reveal()
    for _ in range(30):
        ask("acme+ci", "wrong", ATTACKER)
        assert ask("acme+ci", right, CLIENT) == (200, None)


def test_s26_behind_one_address_all_are_served_but_the_pair(
    cache: None, cast: Cast
) -> None:
    """One of them tries many names; the others have right secrets."""
    app = create_app_token(cast.bob, "phone", factories.BY).secret.reveal()
    given = Endpoint(Client()).get(login=basic("bob"), offline_token="true")
    refresh = given.json()["refresh_token"]
    told = Counter(by_get(f"acme+r{n}", "wrong", OFFICE)[0] for n in range(130))
    told += Counter(by_get(f"person{n}", "wrong", OFFICE)[0] for n in range(130))
    assert told == {401: 200, 429: 60}
    assert by_get("acme+ci", cast.ci_secret.reveal(), OFFICE) == (200, None)
    assert by_get("$app", app, OFFICE) == (200, None)
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    office = Endpoint(Client(REMOTE_ADDR=OFFICE))
    assert office.post(service=SERVICE, client_id="x", **form).status_code == 200
    assert office.get("repository:acme/public:pull").status_code == 200
    assert by_get("bob", factories.PASSWORD, OFFICE) == (429, "290")
    assert by_get("bob", factories.PASSWORD, CLIENT) == (200, None)


def test_s26_wrong_app_tokens_stop_nobody_elses(cast: Cast) -> None:
    app = create_app_token(cast.bob, "phone", factories.BY).secret.reveal()
    told = Counter(by_get("$app", "wrong", OFFICE)[0] for _ in range(120))
    assert told == {401: 100, 429: 20}
    assert by_get("$app", app, OFFICE) == (200, None)


def test_s26_the_proxy_says_who_it_is(cast: Cast, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    client = Client(REMOTE_ADDR="10.0.0.1")

    def ask(forwarded: str | None, secret: str) -> int:
        headers = {"Authorization": basic("acme+ci", secret)}
        if forwarded is not None:
            headers["X-Forwarded-For"] = forwarded
        return client.get("/v2/auth", headers=headers).status_code

    right = cast.ci_secret.reveal()
    for number in range(12):
        ask(f"192.0.2.{number}, {ATTACKER}", "wrong")
    assert ask(f"{CLIENT}, {ATTACKER}", right) == 429
    assert ask(f"{ATTACKER}, {CLIENT}", right) == 200
    # Nobody stops a robot from behind an address that cannot be read.
    told = Counter(ask("unknown", "wrong") for _ in range(12))
    assert told == {401: 10, 429: 2}
    assert ask("unknown", right) == 200


def test_s26_right_secrets_that_are_of_no_use_are_no_guesses(cast: Cast) -> None:
    """Else the end of an emergency would find every robot waiting."""
    cast.ci.enabled = False
    cast.ci.save()
    right = cast.ci_secret.reveal()
    assert {by_get("acme+ci", right, CLIENT)[0] for _ in range(15)} == {401}
    cast.ci.enabled = True
    cast.ci.save()
    assert by_get("acme+ci", right, CLIENT) == (200, None)


@WAYS
def test_s26_a_right_request_asks_the_cache_nothing_and_the_database_no_more(
    ask: Ask, cache: None, cast: Cast
) -> None:
    right = cast.ci_secret.reveal()
    ask("acme+ci", right, CLIENT)
    for _ in range(12):
        ask("acme+ci", "wrong", ATTACKER)
    with (
        patch.object(shared_cache, "ask", side_effect=AssertionError) as asked,
        CaptureQueriesContext(connection) as captured,
    ):
        assert ask("acme+ci", right, CLIENT) == (200, None)
        assert ask("acme+ci", right, ATTACKER) == (429, "290")
    assert len(captured) == 1
    assert not asked.called


@pytest.mark.parametrize("name", ["acme+ci", "bob"])
def test_s26_what_waits_costs_no_query_and_no_line_in_the_log(
    name: str, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for _ in range(10):
        by_lane(name, "wrong-secret-4711", ATTACKER)
    lines = [line for line in caplog.messages if "logins blocked" in line]
    assert len(lines) == 1
    assert ATTACKER in lines[0]
    assert ("acme+ci" in lines[0]) is ("+" in name)
    assert "bob" not in lines[0]
    caplog.clear()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(20):
            assert by_lane(name, "wrong-secret-4711", ATTACKER)[0] == 429
    assert len(captured) == 0
    assert caplog.messages == []
    assert "4711" not in caplog.text


def test_s26_the_namespace_is_told_once(cast: Cast) -> None:
    for name in ("acme+ci", "acme+nosuch", "nosuch+ci", "bob", "nobody", "acme"):
        for _ in range(14):
            by_get(name, "wrong", ATTACKER)
    assert not AuditEvent.objects.filter(kind="login_blocked").exists()
    usage.flush()
    events = AuditEvent.objects.filter(kind="login_blocked").order_by("namespace_name")
    assert sorted(
        (event.namespace_name, event.address, event.facts.get("robot"))
        for event in events
    ) == [
        ("acme", ATTACKER, "acme+ci"),
        ("acme", ATTACKER, "acme+nosuch"),
        ("bob", ATTACKER, None),
    ]  # fmt: skip
    usage.flush()
    assert events.count() == 3


def test_s26_events_are_bounded_and_can_be_turned_off(
    cast: Cast, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 1
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = 0
    for number in range(150):
        by_lane(f"acme+r{number}", "wrong", ATTACKER)
    assert len(login_blocks._waiting) == login_blocks.MAX_WAITING
    usage.flush()
    assert AuditEvent.objects.filter(kind="login_blocked").count() == 20
    settings.ACTION_LOG_AUDIT_LOGIN_FAILURES = False
    by_lane("acme+other", "wrong", ATTACKER)
    assert login_blocks._waiting == []


HOSTILE = ["x" * 5000, "acme+" + "x" * 5000, "acme+\x00ci", "acme+ci\r\nx", "\x1b[2J"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_s26_hostile_names_are_refused_and_then_wait(
    name: str, cache: None, db: None
) -> None:
    told = [by_get(name, "wrong", ATTACKER) for _ in range(12)]
    assert told == [(401, None)] * 10 + [(429, "290")] * 2
    usage.flush()
    assert not AuditEvent.objects.exists()


def test_s26_a_cache_that_is_down_is_no_error_and_blocks_nobody_else(
    cast: Cast, settings: Settings
) -> None:
    dead = "redis://127.0.0.1:1/0"
    settings.CACHES = redis_cache(dead, "robots.redis_cache.CountingRedisCache")
    right = cast.ci_secret.reveal()
    for name in ("acme+ci", "bob"):
        told = [by_lane(name, "wrong", ATTACKER) for _ in range(12)]
        assert told == [(401, None)] * 10 + [(429, "290")] * 2
    assert by_lane("acme+ci", right, CLIENT) == (200, None)
    assert by_lane("bob", factories.PASSWORD, CLIENT) == (200, None)
    shared_cache.forget()


def test_s26_an_answer_has_the_form_of_the_endpoints_errors(cast: Cast) -> None:
    endpoint = Endpoint(Client(REMOTE_ADDR=ATTACKER))
    for _ in range(10):
        endpoint.get(login=basic("acme+ci", "wrong"))
    answer = endpoint.get(login=basic("acme+ci", cast.ci_secret))
    message = "Too many failed logins. Try again in 290 seconds."
    assert refusal(answer) == (429, "TOOMANYREQUESTS", message)
    assert endpoint.get(method="HEAD", login=basic("acme+ci", "x")).status_code == 429


def test_s26_a_broken_cache_backend_raises_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(BaseCache):
        """Whose methods are those of the base, which raise NotImplementedError."""

    monkeypatch.setattr(
        "robots.shared_cache.caches", {"default": Broken({"TIMEOUT": 1})}
    )
    assert by_lane("acme+ci", "wrong", ATTACKER) == (401, None)
    assert by_lane("bob", factories.PASSWORD, CLIENT) == (200, None)
    shared_cache.forget()
