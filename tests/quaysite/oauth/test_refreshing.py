"""Tokens are renewed, narrowed and revoked, and a stolen refresh token ends them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.models import AccessToken, Application, RefreshToken
from robots.models import AuditEvent
from tests.conftest import Cast
from tests.quaysite.oauth.flows import (
    REVOKE,
    browser,
    code_for,
    exchange,
    post,
    refresh,
    secret_of,
    whoami,
)

pytestmark = pytest.mark.django_db


def test_a_token_is_renewed_and_revoked(
    cast: Cast, bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    assert whoami(first["access_token"]) == 200
    second = refresh(application, first["refresh_token"]).json()
    assert whoami(first["access_token"]) == 401
    assert whoami(second["access_token"]) == 200
    client = {
        "client_id": application.client_id,
        "client_secret": secret_of(application),
    }
    gone = post(REVOKE, {**client, "token": second["access_token"]})
    assert (gone.status_code, gone.content) == (200, b"")
    assert whoami(second["access_token"]) == 401
    assert refresh(application, second["refresh_token"]).json() == {
        "error": "invalid_grant"
    }
    assert AuditEvent.objects.filter(kind="revoke_oauth_api_token").count() == 1


def test_a_refresh_token_that_is_used_twice_ends_its_family(
    bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    second = refresh(application, first["refresh_token"]).json()
    assert whoami(second["access_token"]) == 200
    assert refresh(application, first["refresh_token"]).json() == {
        "error": "invalid_grant"
    }
    assert whoami(second["access_token"]) == 401
    assert refresh(application, second["refresh_token"]).status_code == 400


def test_a_refresh_narrows_scopes_but_never_widens_them(
    bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    wide = refresh(application, first["refresh_token"], scope="repo:read repo:admin")
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")
    narrow = refresh(application, first["refresh_token"], scope="repo:read").json()
    assert narrow["scope"] == "repo:read"
    assert whoami(narrow["access_token"]) == 403
    back = refresh(application, narrow["refresh_token"], scope="repo:read user:read")
    assert back.json()["error"] == "invalid_scope"
    stale = RefreshToken.objects.get(revoked=None)
    AccessToken.objects.filter(pk=stale.access_token_id).update(
        expires=timezone.now() - timedelta(days=31)
    )
    assert refresh(application, narrow["refresh_token"]).status_code == 400


def test_what_can_be_renewed_can_be_revoked(
    cast: Cast, bob: Client, application: Application
) -> None:
    given = exchange(application, code_for(bob, application)).json()
    AccessToken.objects.update(expires=timezone.now())
    address = "/api/v1/user/authorizations"
    [shown] = bob.get(address).json()["authorizations"]
    token = bob.get("/csrf_token").json()["csrf_token"]
    one = f"{address}/{shown['uuid']}"
    assert bob.delete(one, headers={"X-CSRF-Token": token}).status_code == 204
    assert bob.get(address).json() == {"authorizations": []}
    assert refresh(application, given["refresh_token"]).json() == {
        "error": "invalid_grant"
    }


def at_once(deed: Callable[[], Any], count: int = 4) -> list[Any]:
    """What `deed` gives to each of `count` threads that start together."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            results.append(deed())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="threads of a test share SQLite's one database in memory",
)
@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_code_or_refresh_token_one_gets_something(
    cast: Cast, application: Application, settings: Settings
) -> None:
    settings.PASSWORD_HASHES_WAITING = 8
    code = code_for(browser(cast.bob), application)
    answers = at_once(lambda: exchange(application, code))
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]
    [good] = [answer.json() for answer in answers if answer.status_code == 200]
    assert AccessToken.objects.count() == 1
    answers = at_once(lambda: refresh(application, good["refresh_token"]))
    # Whoever comes after the winner's end is a replay, which ends the family.
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]
    [new] = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(new["access_token"]) == len(new["refresh_token"]) == 40
    assert AccessToken.objects.count() <= 1
