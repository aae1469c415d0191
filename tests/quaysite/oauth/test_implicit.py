"""The implicit flow, which is off unless it is switched on, and the pages around it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import AccessToken, Application, RefreshToken
from robots.models import AuditEvent
from tests.conftest import Cast
from tests.quaysite.oauth.flows import (
    AUTHORIZE,
    CALLBACK,
    LOCAL_APP,
    agree,
    answer_of,
    asked,
    browser,
    whoami,
)

pytestmark = pytest.mark.django_db


def app_form(client: Client, application: Application, **changes: str | None) -> Any:
    """POST /oauth/authorizeapp as a script does that has a session."""
    token = client.get("/csrf_token").json()["csrf_token"]
    form: dict[str, str | None] = {
        "response_type": "token",
        "client_id": application.client_id,
        "redirect_uri": LOCAL_APP,
        "scope": "repo:read user:read",
        "_csrf_token": token,
    } | changes
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post("/oauth/authorizeapp", sent)


def test_the_implicit_flow_is_off_unless_it_is_switched_on(
    bob: Client, application: Application
) -> None:
    refused = app_form(bob, application)
    assert refused.status_code == 403
    assert "OAUTH_IMPLICIT_FLOW" in refused.json()["error"]
    asked_for = asked(application, response_type="token")
    told = answer_of(bob.get(AUTHORIZE, asked_for), part="fragment")
    assert told["error"] == "unauthorized_client"
    assert not AccessToken.objects.exists()


def test_authorizeapp_redirects_with_a_token(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    for uri in (LOCAL_APP, CALLBACK):
        response = app_form(bob, application, redirect_uri=uri)
        assert response.status_code == 302
        start, fragment = response["Location"].split("#")
        assert start == uri
        told = dict(pair.split("=") for pair in fragment.split("&"))
        assert list(told) == ["access_token", "token_type", "expires_in"]
        assert (told["token_type"], told["expires_in"]) == ("Bearer", "2592000")
        assert whoami(told["access_token"]) == 200
        assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.filter(kind="authorize_application").count() == 2
    with_state = app_form(bob, application, state="a b")
    assert with_state["Location"].endswith("&state=a+b")


def test_authorizeapp_refuses_what_is_wrong(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    wrong: list[tuple[dict[str, str | None], int]] = [
        ({"_csrf_token": None}, 403),
        ({"_csrf_token": "wrong"}, 403),
        ({"_csrf_token": "ü"}, 403),
        ({"redirect_uri": "https://evil.example"}, 400),
        ({"redirect_uri": f"{LOCAL_APP}/"}, 400),
        ({"redirect_uri": f"{LOCAL_APP}?x"}, 400),
        ({"client_id": "nosuch"}, 400),
        ({"client_id": "\x00"}, 400),
        ({"response_type": "code", "redirect_uri": CALLBACK}, 400),
    ]
    for change, status in wrong:
        response = app_form(bob, application, **change)
        assert response.status_code == status, change
        assert "error" in response.json()
        assert "Location" not in response
    told = app_form(bob, application, scope="bogus")
    assert answer_of(told, LOCAL_APP, "fragment")["error"] == "invalid_scope"
    assert app_form(browser(), application).status_code == 401
    assert bob.get("/oauth/authorizeapp").status_code == 405
    assert not AccessToken.objects.exists()


def test_consent_gives_a_token_in_the_fragment(
    bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    parameters = asked(application, response_type="token")
    told = answer_of(agree(bob, parameters), part="fragment")
    assert set(told) == {"access_token", "token_type", "expires_in", "state", "iss"}
    assert whoami(told["access_token"]) == 200
    assert not RefreshToken.objects.exists()
    told = answer_of(agree(bob, parameters, button="cancel"), part="fragment")
    assert told["error"] == "access_denied"
    odd = asked(application, redirect_uri=LOCAL_APP)
    assert bob.get(AUTHORIZE, odd).status_code == 400


def test_the_local_application_shows_what_only_the_browser_knows() -> None:
    page = browser().get("/oauth/localapp")
    assert page.status_code == 200
    assert b'src="/static/quaysite/localapp.js"' in page.content
    assert b"http://" not in page.content.replace(b"http://www.w3.org", b"")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] == "no-referrer"
