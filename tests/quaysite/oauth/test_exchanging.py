"""A code becomes a token, once, and only for the application that it is of."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from quaysite.lifecycle.applications import (
    Details,
    create_application,
    delete_application,
)
from quaysite.models import AccessToken, Application, Grant, RefreshToken, User
from quaysite.oauth.validator import digest
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.quaysite.oauth.flows import (
    AUTHORIZE,
    CALLBACK,
    ISSUER,
    REVOKE,
    TOKEN,
    VERIFIER,
    agree,
    answer_of,
    asked,
    browser,
    code_for,
    exchange,
    post,
    refresh,
    secret_of,
    whoami,
)

pytestmark = pytest.mark.django_db


def test_a_person_reads_what_is_asked(
    cast: Cast, bob: Client, application: Application
) -> None:
    page = bob.get(AUTHORIZE, asked(application))
    assert page.status_code == 200
    text = page.content.decode()
    for shown in ("CI &lt;script&gt;", "acme", "Builds", "bob", "https://ci.example"):
        assert shown in text
    for shown in ("View all repositories that you may see", "Read your account"):
        assert shown in text
    assert "CI <script>" not in text


def test_a_code_becomes_a_token(
    cast: Cast, bob: Client, application: Application
) -> None:
    answer = answer_of(agree(bob, asked(application)))
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("s t&a=te", ISSUER)
    grant = Grant.objects.get()
    assert grant.code == digest(answer["code"])
    assert grant.expires <= timezone.now() + timedelta(seconds=60)
    event = AuditEvent.objects.get(kind="authorize_application")
    assert (event.namespace_name, event.performer_name) == ("bob", "bob")
    assert event.facts["client_id"] == application.client_id
    given = exchange(application, answer["code"])
    assert given.status_code == 200
    assert given["Content-Type"] == "application/json"
    assert given["Cache-Control"] == "no-store"
    first = given.json()
    assert set(first) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token",
    }  # fmt: skip
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 2_592_000)
    assert first["scope"] == "repo:read user:read"
    assert len(first["access_token"]) == len(first["refresh_token"]) == 40
    stored = AccessToken.objects.get(user=cast.bob)
    assert (stored.token, stored.application) == ("", application)
    assert RefreshToken.objects.get().token == ""


def test_a_code_is_used_once(bob: Client, application: Application) -> None:
    code = code_for(bob, application)
    assert exchange(application, code).status_code == 200
    again = exchange(application, code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": None},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": "https://evil.example"},
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "nosuch"},
        {"client_id": "\x00"},
        {"client_id": None},
        {"code": "wrong"},
        {"code": "\x00"},
        {"code": None},
        {"grant_type": "password"},
        {"grant_type": "client_credentials"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
        {"grant_type": "openid"},
        {"grant_type": ""},
        {"grant_type": None},
    ],
)
def test_a_wrong_exchange_gives_nothing(
    bob: Client, application: Application, change: dict[str, str | None]
) -> None:
    code = code_for(bob, application)
    sent: dict[str, Any] = {"code": code, **change}
    answer = exchange(application, **sent)
    assert answer.status_code in (400, 401)
    assert answer["Content-Type"] == "application/json"
    assert "error" in answer.json()
    assert not AccessToken.objects.exists()


def test_a_code_is_of_its_application(
    cast: Cast, bob: Client, application: Application
) -> None:
    details = Details("other", redirect_uri=CALLBACK)
    other = create_application(cast.acme, details, factories.BY)
    code = code_for(bob, application)
    assert exchange(other, code).json() == {"error": "invalid_grant"}
    first = exchange(application, code).json()
    assert refresh(other, first["refresh_token"]).json() == {"error": "invalid_grant"}
    client = {"client_id": other.client_id, "client_secret": secret_of(other)}
    assert post(REVOKE, {**client, "token": first["access_token"]}).status_code == 200
    assert whoami(first["access_token"]) == 200


def test_a_code_dies_with_its_person_application_organization_and_time(
    cast: Cast, bob: Client, application: Application
) -> None:
    late = code_for(bob, application)
    Grant.objects.update(expires=timezone.now())
    assert exchange(application, late).json() == {"error": "invalid_grant"}
    code = code_for(bob, application)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert exchange(application, code).json() == {"error": "invalid_grant"}
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    cast.acme.enabled = False
    cast.acme.save()
    assert exchange(application, code).status_code == 401
    assert bob.get(AUTHORIZE, asked(application)).status_code == 400
    cast.acme.enabled = True
    cast.acme.save()
    first = exchange(application, code).json()
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert whoami(first["access_token"]) == 401
    assert refresh(application, first["refresh_token"]).status_code == 400
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    delete_application(application, factories.BY)
    assert whoami(first["access_token"]) == 401
    gone = refresh(application, first["refresh_token"])
    assert (gone.status_code, gone.json()["error"]) == (401, "invalid_client")


def test_client_credentials_may_come_in_the_header(
    bob: Client, application: Application
) -> None:
    code = code_for(bob, application)
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    for wrong in (
        basic(f"{application.client_id}:wrong"),
        basic(f"{application.client_id}:"),
        basic("\x00:x"),
        basic("%00:x"),
        basic("no colon"),
        "Basic \xe9\xe9",
        "Basic ====",
        "Basic ",
    ):
        answer = post(TOKEN, body, Authorization=wrong)
        assert answer.status_code == 401, wrong
    right = basic(f"{application.client_id}:{secret_of(application)}")
    assert post(TOKEN, body, Authorization=right).status_code == 200


def test_bearer_tokens_are_taken_from_the_header_alone(
    bob: Client, application: Application
) -> None:
    token = exchange(application, code_for(bob, application)).json()["access_token"]
    assert whoami(token) == 200
    user = "/api/v1/user/"
    for answer in (
        browser().get(user, {"access_token": token}),
        browser().get(user, headers={"Authorization": token}),
        browser().get(user, headers={"Cookie": f"access_token={token}"}),
    ):
        assert answer.status_code == 401
    posted = browser().post(AUTHORIZE, {"access_token": token})
    assert posted.status_code in (302, 403)


def test_codes_and_tokens_are_in_no_audit_event(
    bob: Client, application: Application
) -> None:
    code = code_for(bob, application)
    given = exchange(application, code).json()
    text = str([event.facts for event in AuditEvent.objects.all()])
    for secret in (code, given["access_token"], given["refresh_token"]):
        assert secret not in text
