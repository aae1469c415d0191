"""One address sends many passwords: it is told to ask again, and others are served."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import Application
from quaysite.serving.environ import UNREADABLE
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


BY_PASSWORD = (
    "sign in",
    "sign in as nobody",
    "verify",
    "client key",
    "sign up",
    "own password",
)


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
def test_the_secrets_that_applications_are_given_take_a_place(
    address: str, people: Cast
) -> None:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    api, path = signed_in(people.alice), "/api/v1/organization/acme/applications"
    reset = f"{path}/{application.client_id}/resetclientsecret"
    with turns.place(address):
        answers = [api.post(path, {"name": "more"}), api.post(reset, {})]
    is_here = address == HERE
    assert [answer.status for answer in answers] == [429 if is_here else 200] * 2
    assert Application.objects.count() == (1 if is_here else 2)
    before = application.client_secret
    application.refresh_from_db()
    assert (application.client_secret == before) == is_here


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
def test_the_same_on_the_pages(address: str, people: Cast) -> None:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    browser = Client(headers={"Accept": FIREFOX})
    browser.force_login(people.alice)
    browser.post("/sign-in/again/", {"password": PASSWORD, "next": "/admin/"})
    pages = "/admin/quaysite/application"
    form = {"organization": people.acme.pk, "name": "more", "redirect_uris": ""}
    with turns.place(address):
        made = browser.post(f"{pages}/add/", form)
        reset = browser.post(f"{pages}/{application.pk}/secret/", {"do": "replace"})
    is_here = address == HERE
    assert (made.status_code, reset.status_code) == (
        (429, 429) if is_here else (302, 200)
    )
    assert Application.objects.count() == (1 if is_here else 2)
    before = application.client_secret
    application.refresh_from_db()
    assert (application.client_secret == before) == is_here


def test_what_needs_no_hash_needs_no_place(people: Cast) -> None:
    api = signed_in(people.bob)
    with turns.place(HERE):
        answer = api.put("/api/v1/user/", {"email": "bob@example.org"})
    assert answer.status == 200


@pytest.mark.parametrize("forwarded", [UNREADABLE, "unknown", "203.0.113.7:x", ","])
def test_whoever_hides_the_address_has_no_more_places(
    forwarded: str, people: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    """The server reads no address where a client put letters beyond ASCII before it."""
    settings.TRUSTED_PROXY_COUNT = 1

    def log_in(forwarded: str) -> int:
        endpoint.client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded
        return endpoint.get(login=basic("bob")).status_code

    assert log_in(forwarded) == 200
    with turns.place(None):
        assert log_in(forwarded) == 429
        assert log_in("203.0.113.8") == 200


def test_a_forged_address_takes_nobody_else_s_place(
    people: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    """What the client writes stands left of what the proxy adds; without a proxy
    the header counts for nothing.
    """

    def log_in(forwarded: str) -> int:
        endpoint.client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded
        return endpoint.get(login=basic("bob")).status_code

    with turns.place("203.0.113.7"):
        settings.TRUSTED_PROXY_COUNT = 1
        assert log_in("203.0.113.7, 203.0.113.8") == 200
        assert log_in("203.0.113.8, 203.0.113.7") == 429
        settings.TRUSTED_PROXY_COUNT = 0
        assert log_in("203.0.113.7") == 200


OAUTH = ["/oauth/access_token", "/oauth/revoke"]


def application_form(people: Cast, **shown: str) -> dict[str, str]:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    return {
        "grant_type": "authorization_code",
        "code": "any",
        "token": "any",
        "client_id": application.client_id,
        **shown,
    }


@pytest.mark.parametrize("address", [HERE, "203.0.113.7"])
@pytest.mark.parametrize("path", OAUTH)
def test_applications_of_another_address_are_served(
    path: str, address: str, people: Cast
) -> None:
    form = application_form(people, client_secret="wrong")
    with turns.place(address):
        answer = Client().post(path, form)
    assert answer.status_code == (429 if address == HERE else 401)


@pytest.mark.parametrize("path", OAUTH)
def test_a_secret_in_the_header_takes_a_place_too(path: str, people: Cast) -> None:
    form = application_form(people)
    header = {"Authorization": basic(form.pop("client_id"), "wrong")}
    assert Client().post(path, form, headers=header).status_code == 401
    with turns.place(HERE):
        assert Client().post(path, form, headers=header).status_code == 429


@pytest.mark.parametrize("path", OAUTH)
def test_an_application_without_a_secret_takes_no_place(
    path: str, people: Cast
) -> None:
    """One that is public has none: nothing is hashed for it."""
    form = application_form(people)
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)
    with turns.place(HERE):
        answer = Client().post(path, form)
    if path == OAUTH[0]:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    else:
        assert answer.status_code == 200
