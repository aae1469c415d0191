"""One address sends many passwords: it is told to ask again, and others are served."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import Details, create_application
from robots.password_hashing import turns
from tests import factories
from tests.api.signed_in import signed_in
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.passwords import (
    API,
    FIREFOX,
    FORMS,
    NOTE,
    TEXT,
    stored,
)
from tests.registryauth.endpoint import Endpoint, basic

HERE = "127.0.0.1"
"""Where the requests of these tests come from."""


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_registry_clients_of_another_address_are_served(
    method: str, address: str, people: Cast, endpoint: Endpoint
) -> None:
    form = {
        "grant_type": "password",
        "username": "bob",
        "password": PASSWORD,
        "service": "127.0.0.1:5000",
        "client_id": "tests",
    }
    with turns.place(address):
        if method == "GET":
            answer = endpoint.get(login=basic("bob"))
        else:
            answer = endpoint.post(**form)
        robot = endpoint.get(login=basic("acme+ci", people.ci_secret))
    assert answer.status_code == (429 if address == HERE else 200)
    assert robot.status_code == 200


BY_PASSWORD = ("sign in", "sign in as nobody", "verify", "client key", "sign up")


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
@pytest.mark.parametrize("name", BY_PASSWORD)
def test_callers_of_another_address_are_served(
    name: str, address: str, people: Cast, settings: Settings
) -> None:
    settings.FEATURE_USER_CREATION = True
    api = signed_in(people.bob)
    before = stored()
    with turns.place(address):
        answer = API[name](api)
    if address == HERE:
        assert (answer.status, answer.json) == (429, {"message": TEXT})
        assert stored() == before
    else:
        assert answer.status == (403 if name == "sign in as nobody" else 200)


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
@pytest.mark.parametrize("path", FORMS)
def test_browsers_of_another_address_are_served(
    path: str, address: str, people: Cast
) -> None:
    browser = Client()
    if path != "/sign-in/":
        browser.force_login(people.bob)
    with turns.place(address):
        answer = browser.post(path, FORMS[path], headers={"Accept": FIREFOX})
    assert answer.status_code == (429 if address == HERE else 302)
    assert (NOTE in answer.content.decode()) == (address == HERE)


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
@pytest.mark.parametrize("path", ["/oauth/access_token", "/oauth/revoke"])
def test_applications_of_another_address_are_served(
    path: str, address: str, people: Cast
) -> None:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    form = {
        "grant_type": "authorization_code",
        "code": "any",
        "token": "any",
        "client_id": application.client_id,
        "client_secret": "wrong",
    }
    with turns.place(address):
        answer = Client().post(path, form)
    assert answer.status_code == (429 if address == HERE else 401)
