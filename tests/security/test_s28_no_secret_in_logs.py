"""S-28: at the most verbose level, no log line ever holds a secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from robots.lifecycle.robots import regenerate_token
from robots.models import Repository
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body

SCOPES = ["repository:acme/web:pull,push,*", "repository:acme/new:push", "registry:c:*"]
WRONG = "WRONG-CANARY-SECRET"


@contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Every logger at DEBUG, with the SQL of every query."""
    names = [None, *logging.root.manager.loggerDict]
    for name in names:
        caplog.set_level(logging.DEBUG, logger=name)
    with CaptureQueriesContext(connection):
        yield


def whole_flow(endpoint: Endpoint, username: str, secret: str) -> list[str]:
    """Log in, pull, push, refresh, fail in every way; the secrets that came back."""
    login = basic(username, secret)
    answer = body(endpoint.get(*SCOPES, login=login, offline_token="true"))
    refresh = answer["refresh_token"]
    form = {"username": username, "scope": SCOPES}
    by_form = endpoint.post(grant_type="password", password=secret, **form)
    by_refresh = endpoint.post(grant_type="refresh_token", refresh_token=refresh)
    failures = [
        endpoint.get(*SCOPES, login=basic(username, WRONG)),
        endpoint.get(*SCOPES, login=basic(f"{username}x", secret)),
        endpoint.get(*SCOPES, login=f"Bearer {secret}"),
        endpoint.get(*SCOPES, login=f"Basic {secret}"),
        endpoint.get(*SCOPES, login=basic(username, refresh)),
        endpoint.get("nonsense", login=login),
        endpoint.post(grant_type="password", password=WRONG, **form),
        endpoint.post(grant_type="refresh_token", refresh_token=f"{refresh}x"),
        endpoint.post(grant_type="refresh_token", refresh_token=secret),
        endpoint.post(grant_type="unknown", password=secret, refresh_token=refresh),
    ]
    assert {response.status_code for response in failures} == {400, 401}
    return [
        login.removeprefix("Basic "),
        secret,
        refresh,
        *[body(answered)["token"] for answered in (by_form, by_refresh)],
        answer["token"],
    ]


def test_s28_no_log_line_holds_a_secret(
    cast: Cast,
    endpoint: Endpoint,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with everything_logged(caplog):
        secrets = whole_flow(endpoint, "acme+ci", cast.ci_secret.reveal())
        secrets += whole_flow(endpoint, "alice", factories.PASSWORD)
        fresh = regenerate_token(cast.ci, factories.BY).secret.reveal()
        secrets += whole_flow(endpoint, "acme+ci", fresh)
    assert Repository.objects.filter(name="new").exists()
    lines = [f"{r.getMessage()} {r.args} {r.exc_text}" for r in caplog.records]
    assert any("SELECT" in line for line in lines), "the SQL was not logged"
    assert any("token sub=acme+ci" in line for line in lines)
    assert any("refused" in line for line in lines)
    for secret in [*secrets, WRONG]:
        assert not [line for line in lines if secret in line]


def test_s28_no_line_at_debug_holds_a_key(
    cast: Cast,
    endpoint: Endpoint,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with everything_logged(caplog):
        whole_flow(endpoint, "acme+ci", cast.ci_secret.reveal())
    for key in (settings.SECRET_KEY, settings.ROBOTS_SECRET_KEYS, "PRIVATE KEY"):
        assert key not in caplog.text
