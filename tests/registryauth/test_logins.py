"""Logins at the token endpoint in the audit: successes, and failures up to a bound."""

import pytest
from django.db import DataError, OperationalError
from pytest_django.fixtures import Settings

from registryauth import logins
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.logins import MAX_FAILURES
from robots.models import AppToken, AuditEvent
from robots.usage import usage
from tests import factories
from tests.api.tokens import bearer
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, login_of

pytestmark = pytest.mark.django_db


def facts(kind: str) -> list[tuple[str, dict[str, object]]]:
    """What the audit has of such events, once what waits is written."""
    usage.flush()
    events = AuditEvent.objects.filter(kind=kind).order_by("id")
    return [
        (event.namespace_name, {k: v for k, v in event.facts.items() if k != "at"})
        for event in events
    ]


def test_each_kind_of_login_is_an_event_of_its_namespace(
    cast: Cast, endpoint: Endpoint
) -> None:
    app = create_app_token(cast.bob, "phone", factories.BY)
    logins = {
        login_of(cast.ci): ("acme", {"kind": "robot", "robot": "acme+ci"}),
        basic("bob"): ("bob", {"kind": "user"}),
        basic("$app", app.secret): (
            "bob",
            {"kind": "app_specific_token", "title": "phone"},
        ),
        basic("$oauthtoken", bearer(cast.alice, "repo:read")): (
            "alice",
            {"kind": "oauth"},
        ),
    }
    for login in logins:
        assert endpoint.get(login=login).status_code == 200
    expected = [
        (namespace, {"type": "v2auth", "useragent": "", **shown})
        for namespace, shown in logins.values()
    ]
    assert facts("login_success") == expected
    form = {"grant_type": "password", "username": "bob", "service": "127.0.0.1:5000"}
    posted = endpoint.post(**form, client_id="x", password=factories.PASSWORD)
    assert posted.status_code == 200
    assert len(facts("login_success")) == 5


def test_what_is_no_login_writes_nothing(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    login = login_of(cast.ci)
    assert endpoint.get("repository:acme/web:pull", login=login).status_code == 200
    assert endpoint.get(login=login, method="HEAD").status_code == 200
    wrong = basic("acme+ci", "wrong")
    assert endpoint.get(login=wrong, method="HEAD").status_code == 401
    assert endpoint.get(login="Basic !!!").status_code == 401
    assert endpoint.get().status_code == 401
    settings.ACTION_LOG_AUDIT_LOGINS = False
    settings.ACTION_LOG_AUDIT_LOGIN_FAILURES = False
    assert endpoint.get(login=login).status_code == 200
    assert endpoint.get(login=wrong).status_code == 401
    assert not AuditEvent.objects.filter(kind__startswith="login_").exists()


def test_failures_are_events_of_the_namespace_that_was_named(
    cast: Cast, endpoint: Endpoint
) -> None:
    for name in ("acme+ci", "acme+nosuch", "nosuch+ci", "bob", "nobody", "$app", "+"):
        assert endpoint.get(login=basic(name, "wrong")).status_code == 401
    no_robot = "no live token of this robot has that digest"
    common = {"type": "v2auth", "useragent": ""}
    assert facts("login_failure") == [
        (
            "acme",
            {
                **common, "kind": "robot", "robot": robot, "username": "acme",
                "message": no_robot,
            },
        )
        for robot in ("acme+ci", "acme+nosuch")
    ] + [
        (
            "bob",
            {**common, "kind": "user", "username": "bob", "message": "wrong password"},
        )
    ]  # fmt: skip


def test_failures_have_a_bound(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0  # Else they are no failures any more.
    for _ in range(MAX_FAILURES + 3):
        assert endpoint.get(login=basic("acme+ci", "wrong")).status_code == 401
    assert len(facts("login_failure")) == MAX_FAILURES
    assert endpoint.get(login=login_of(cast.ci)).status_code == 200
    assert endpoint.get(login=basic("bob", "wrong")).status_code == 401
    assert len(facts("login_failure")) == MAX_FAILURES + 1


def test_a_flood_of_failures_leaves_room_for_logins(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "MAX_FAILED", 5)
    for number in range(10):
        endpoint.get(login=basic(f"acme+r{number}", "wrong"))
    assert endpoint.get(login=login_of(cast.ci)).status_code == 200
    assert len(facts("login_success")) == 1
    assert len(facts("login_failure")) == 5
    assert endpoint.get(login=basic("acme+ci", "wrong")).status_code == 401
    assert len(facts("login_failure")) == 6, "after a flush there is room again"


def test_what_is_too_long_for_a_name_is_not_kept(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else anybody could fill the memory until the next flush."""
    monkeypatch.setattr(logins, "_write", lambda login: kept.append(login))
    kept: list[logins._Login] = []
    for name in ("x" * 100_000, "acme+" + "x" * 400):
        form = {"grant_type": "password", "username": name, "password": "x"}
        response = endpoint.post(**form, service="127.0.0.1:5000")
        assert response.status_code == 401
    headers = {"Authorization": basic("acme+ci", "x"), "User-Agent": "x" * 8000}
    endpoint.client.get("/v2/auth", headers=headers)
    logins.login_log.flush()
    assert [(login.name, len(login.user_agent)) for login in kept] == [("acme+ci", 255)]


def test_what_the_database_will_never_take_is_not_tried_for_ever(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for robot in (cast.ci, cast.reader, cast.ci):
        assert endpoint.get(login=login_of(robot)).status_code == 200
    real = logins._write

    def impossible(login: logins._Login) -> None:
        if login.identity.name == "acme+reader":
            raise DataError("value too long")
        real(login)

    monkeypatch.setattr(logins, "_write", impossible)
    written = [shown["robot"] for _, shown in facts("login_success")]
    assert written == ["acme+ci", "acme+ci"], "the others are"
    monkeypatch.setattr(logins, "_write", real)
    assert len(facts("login_success")) == 2


def test_an_outage_in_between_writes_none_twice(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for robot in (cast.ci, cast.reader, cast.ci):
        assert endpoint.get(login=login_of(robot)).status_code == 200
    real, failures = logins._write, [DataError, None, OperationalError]

    def failing(login: logins._Login) -> None:
        if failures and (failure := failures.pop(0)):
            raise failure("it failed")
        real(login)

    monkeypatch.setattr(logins, "_write", failing)
    logins.login_log.flush()
    assert not failures
    assert len(facts("login_success")) == 3


def test_what_is_kept_over_outages_has_the_same_bound(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(login: logins._Login) -> None:
        assert endpoint.get(login=login_of(cast.reader)).status_code == 200
        raise OperationalError("the server is away")

    monkeypatch.setattr(logins, "MAX_WAITING", 2)
    for _ in range(2):
        assert endpoint.get(login=login_of(cast.ci)).status_code == 200
    with monkeypatch.context() as outage:
        outage.setattr(logins, "_write", away)
        logins.login_log.flush()
    assert len(facts("login_success")) == 2


def test_an_app_token_that_is_gone_meanwhile_has_no_title(
    cast: Cast, endpoint: Endpoint
) -> None:
    app = create_app_token(cast.bob, "phone", factories.BY)
    assert endpoint.get(login=basic("$app", app.secret)).status_code == 200
    AppToken.objects.all().delete()
    [(_, shown)] = facts("login_success")
    assert shown["title"] is None


def test_what_waits_has_a_bound_and_outlasts_an_outage(
    cast: Cast,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(logins, "MAX_WAITING", 2)
    for _ in range(3):
        assert endpoint.get(login=login_of(cast.ci)).status_code == 200

    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server is away")

    with monkeypatch.context() as outage:
        outage.setattr(logins, "_write", away)
        logins.login_log.flush()
    assert "1 logins were not written" in caplog.text
    assert not AuditEvent.objects.filter(kind="login_success").exists()
    assert len(facts("login_success")) == 2
