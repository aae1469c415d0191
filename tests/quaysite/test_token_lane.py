"""The short way to the token endpoint: it answers as the view behind Django does."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from quaysite import token_lane
from quaysite.hot_paths import HotPathsMiddleware
from quaysite.token_lane import TokenLane
from registryauth.asked import Asked
from registryauth.refusals import Reply
from tests.conftest import Cast
from tests.registryauth.endpoint import basic, login_of

pytestmark = pytest.mark.django_db

PULL = "scope=repository:acme/web:pull,push"


class Answered(NamedTuple):
    status: str
    headers: dict[str, str]
    body: bytes


def beyond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django, as the lane sees it."""
    start_response("204 No Content", [])
    return []


def environ_of(query: str = PULL, login: str | None = None, **extra: Any) -> Any:
    environ = RequestFactory().get("/v2/auth", headers={}).environ
    environ |= {"QUERY_STRING": query, **extra}
    if login is not None:
        environ["HTTP_AUTHORIZATION"] = login
    return environ


def ask(environ: WSGIEnvironment) -> Answered:
    told: list[Any] = []

    def start_response(*head: Any) -> Any:
        told[:] = head

    body = b"".join(TokenLane(beyond)(environ, start_response))
    return Answered(told[0], dict(told[1]), body)


def by_django(environ: WSGIEnvironment) -> Answered:
    """The answer of the view behind the middleware, for the same environ."""

    def nothing(request: HttpRequest) -> Any:
        raise AssertionError("the hot path passed it on")

    request = RequestFactory().get("/v2/auth")
    request.META = request.environ = dict(environ)
    response = HotPathsMiddleware(nothing)(request)
    status = f"{response.status_code} {response.reason_phrase}"
    return Answered(status, dict(response.headers), response.content)


def constant(answered: Answered) -> tuple[Any, ...]:
    """What is the same each time: no token, and no id of the request."""
    headers = dict(answered.headers)
    assert headers.pop("X-Request-ID")
    # Of pages only, and sent to be on the safe side.
    headers.pop("Referrer-Policy", None)
    headers.pop("Cross-Origin-Opener-Policy", None)
    assert int(headers["Content-Length"]) == len(answered.body)
    body = json.loads(answered.body)
    if "token" in body:
        headers.pop("Content-Length")
        assert body.pop("token") == body.pop("access_token")
        body.pop("issued_at")
    return answered.status, headers, body


@pytest.mark.parametrize(
    "query",
    [
        PULL,
        f"service=127.0.0.1:5000&{PULL}&scope=registry:catalog:*",
        "scope=repository%3Aacme%2Fweb%3Apull",
        "account=acme%2Bci&client_id=docker&offline_token=false&" + PULL,
        "scope=repository:acme/none:pull",
        "scope=repository:ACME/web:pull",
        "scope=nonsense",
        "service=elsewhere",
        "",
        "&".join(["a=b"] * 1001),
        "scope=repository:acme/w\xc3\xa9b:pull",
    ],
)
@pytest.mark.parametrize("who", ["robot", "wrong", "nobody", "unreadable"])
def test_the_lane_answers_as_django_does(query: str, who: str, cast: Cast) -> None:
    login = {
        "robot": login_of(cast.ci),
        "wrong": basic("acme+ci", "A" * 64),
        "nobody": None,
        "unreadable": "Bearer abc",
    }[who]
    environ = environ_of(query, login)
    assert constant(ask(dict(environ))) == constant(by_django(environ))


def test_a_right_one_gets_a_token(cast: Cast) -> None:
    answered = ask(environ_of(login=login_of(cast.ci)))
    assert answered.status == "200 OK"
    assert answered.headers["X-Content-Type-Options"] == "nosniff"
    assert answered.headers["Cache-Control"].startswith("no-cache, no-store")
    assert json.loads(answered.body)["token"].count(".") == 2


def test_an_id_of_the_proxy_is_answered(cast: Cast) -> None:
    answered = ask(environ_of(HTTP_X_REQUEST_ID="trace-0001"))
    assert answered.headers["X-Request-ID"] == "trace-0001"


@pytest.mark.parametrize(
    "extra",
    [
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "HEAD"},
        {"PATH_INFO": "/v2/auth/"},
        {"PATH_INFO": "/v2/"},
        {"PATH_INFO": "/healthz"},
    ],
)
def test_everything_else_is_passed_on(extra: dict[str, str]) -> None:
    assert ask(environ_of(**extra)).status == "204 No Content"


def test_plain_http_is_left_to_the_redirect(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert ask(environ_of()).status == "204 No Content"


@pytest.mark.parametrize(
    ("scheme", "forwarded", "is_secure"),
    [
        ("https", None, True),
        ("http", None, False),
        ("http", "https", True),
        ("http", "https, http", True),
        ("http", "http, https", False),
        ("https", "http", False),
    ],
)
def test_what_counts_as_https_is_what_django_says(
    scheme: str, forwarded: str | None, is_secure: bool, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    extra = {"wsgi.url_scheme": scheme}
    if forwarded is not None:
        extra["HTTP_X_FORWARDED_PROTO"] = forwarded
    environ = environ_of(**extra)
    assert WSGIRequest(dict(environ)).is_secure() is is_secure
    answered = ask(environ)
    assert (answered.status == "204 No Content") is not is_secure


@pytest.mark.parametrize("subdomains", [True, False])
def test_hsts_is_that_of_the_site(subdomains: bool, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = subdomains
    settings.SECURE_HSTS_PRELOAD = subdomains
    secure = environ_of(**{"wsgi.url_scheme": "https"})
    name = "Strict-Transport-Security"
    assert ask(dict(secure)).headers[name] == by_django(secure).headers[name]
    assert name not in ask(environ_of()).headers


def test_what_is_unexpected_is_left_to_django(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(asked: Asked) -> Reply:
        raise ZeroDivisionError

    monkeypatch.setattr(token_lane, "reply_to", fail)
    assert ask(environ_of()).status == "204 No Content"
    assert "the token endpoint failed" in caplog.text


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="the tests' database is in its connection"
)
@pytest.mark.django_db(transaction=True)
def test_a_connection_of_a_site_that_keeps_none_is_closed() -> None:
    connection.ensure_connection()
    connection.close_at = 0
    ask(environ_of())
    assert connection.connection is None
