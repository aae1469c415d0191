"""Public and native applications, and those whose token somebody is offered."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import Application, Assignment
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.quaysite.oauth.flows import (
    AUTHORIZE,
    CALLBACK,
    CHALLENGE,
    ISSUER,
    LOCAL_APP,
    VERIFIER,
    agree,
    answer_of,
    asked,
    browser,
    code_for,
    exchange,
    refresh,
)

pytestmark = pytest.mark.django_db


def test_public_clients_need_pkce_and_nobody_can_take_it_away(
    bob: Client, application: Application
) -> None:
    none: dict[str, str | None] = {
        "code_challenge": None,
        "code_challenge_method": None,
    }
    plain: dict[str, str | None] = {
        "code_challenge": VERIFIER,
        "code_challenge_method": "plain",
    }
    code = code_for(bob, application, **none)
    downgraded = exchange(application, code)
    assert downgraded.json() == {"error": "invalid_grant"}
    assert exchange(application, code, code_verifier=None).status_code == 200
    for wrong in (
        plain,
        {**plain, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": CHALLENGE + "A"},
        {"code_challenge": "ü" * 43},
        {"code_challenge": "x" * 500},
        {"code_challenge_method": "none"},
    ):
        refused = answer_of(bob.get(AUTHORIZE, asked(application, **wrong)))
        assert refused["error"] == "invalid_request"
        assert (refused["state"], refused["iss"]) == ("s t&a=te", ISSUER)
    application.client_type = Application.CLIENT_PUBLIC
    application.save()
    refused = answer_of(bob.get(AUTHORIZE, asked(application, **none)))
    assert refused["error"] == "invalid_request"
    code = code_for(bob, application)
    for verifier in (None, "w" * 64):
        wrong_one = exchange(
            application, code, client_secret=None, code_verifier=verifier
        )
        assert wrong_one.status_code == 400
    given = exchange(application, code, client_secret=None)
    assert given.status_code == 200
    renewed = refresh(application, given.json()["refresh_token"], client_secret=None)
    assert renewed.status_code == 200


def test_a_native_application_is_called_by_its_own_scheme(
    cast: Cast, bob: Client
) -> None:
    details = Details("app", redirect_uri="com.example.app:/cb?x=1")
    native = create_application(cast.acme, details, factories.BY)
    changes: dict[str, str | None] = {"redirect_uri": "com.example.app:/cb?x=1"}
    response = agree(bob, asked(native, **changes))
    assert response.status_code == 302
    assert response["Location"].startswith("com.example.app:/cb?x=1&code=")


def assign(client: Client, application: Application, **changes: str | None) -> Any:
    token = client.get("/csrf_token").json()["csrf_token"]
    query = {"username": "bob"} | changes
    address = f"/oauth/authorize/assignuser?{urlencode(asked(application, **query))}"
    return client.post(address, headers={"X-CSRF-Token": token})


def test_an_administrator_offers_a_token(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    alice = browser(cast.alice)
    for _ in range(2):
        given = assign(alice, application)
        assert given.status_code == 200, given.content
    offer = Assignment.objects.get()
    assert (offer.user, offer.redirect_uri) == (cast.bob, CALLBACK)
    assert (offer.response_type, offer.scope) == ("code", "repo:read user:read")
    event = AuditEvent.objects.filter(kind="assign_application").first()
    assert event is not None
    assert (event.namespace_name, event.facts["username"]) == ("acme", "bob")
    assert assign(alice, application, username="nosuch").status_code == 404
    assert assign(alice, application, username="\x00").status_code == 404
    assert assign(alice, application, client_id="nosuch").status_code == 400
    assert assign(alice, application, scope="bogus").status_code == 400
    assert assign(alice, application, response_type="token").status_code == 400
    assert assign(bob, application).status_code == 403
    assert assign(browser(), application).status_code == 401
    address = f"/oauth/authorize/assignuser?{urlencode(asked(application))}"
    assert alice.post(address).status_code == 403
    code_for(bob, application)
    assert not Assignment.objects.exists()
    settings.OAUTH_IMPLICIT_FLOW = True
    token = assign(alice, application, response_type="token", redirect_uri=LOCAL_APP)
    assert token.status_code == 200
