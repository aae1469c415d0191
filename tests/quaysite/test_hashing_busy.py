"""No time to hash a password: 429 wherever one is asked for, and nothing is stored."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import Details, create_application
from robots.password_hashing import RETRY_AFTER
from tests import factories
from tests.api.signed_in import signed_in
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.passwords import (
    API,
    BUSY,
    FIREFOX,
    FORMS,
    NEW,
    NOBODY,
    NOTE,
    TEXT,
    busy,
    kinds,
    stored,
)
from tests.registryauth.endpoint import Endpoint, basic, refusal


@pytest.mark.parametrize("name", ["bob", NOBODY, f"{NOBODY}@example.com"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_registry_clients_learn_nothing_but_to_ask_again(
    method: str, password: str, name: str, people: Cast, endpoint: Endpoint
) -> None:
    def log_in() -> Any:
        if method == "GET":
            return endpoint.get(login=basic(name, password))
        return endpoint.post(
            grant_type="password",
            username=name,
            password=password,
            service="127.0.0.1:5000",
            client_id="tests",
        )

    before = stored()
    with busy():
        answer = log_in()
    assert refusal(answer) == BUSY
    assert answer["Retry-After"] == str(RETRY_AFTER)
    assert stored() == before
    is_right = (name, password) == ("bob", PASSWORD)
    assert log_in().status_code == (200 if is_right else 401)


def test_whoever_shows_no_password_is_served_meanwhile(
    people: Cast, endpoint: Endpoint
) -> None:
    given = endpoint.get(login=basic("bob"), offline_token="true")
    refresh_token = given.json()["refresh_token"]
    with busy():
        answers = [
            endpoint.get(login=basic("acme+ci", people.ci_secret)),
            endpoint.get(login=basic("acme+ci", "wrong")),
            endpoint.get("repository:acme/public:pull"),
            endpoint.get(login=basic("bob", "x" * 5000)),
            endpoint.post(
                grant_type="refresh_token",
                refresh_token=refresh_token,
                service="127.0.0.1:5000",
                client_id="tests",
            ),
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 200, 401, 200]


@pytest.mark.parametrize("name", API)
def test_the_api_says_429_and_does_nothing(
    name: str, people: Cast, settings: Settings
) -> None:
    settings.SUPER_USERS = ["bob"]
    settings.FEATURE_USER_CREATION = True
    api = signed_in(people.bob)
    before = stored()
    with busy():
        answer = API[name](api)
    assert (answer.status, answer.json) == (429, {"message": TEXT})
    assert answer.headers["Retry-After"] == str(RETRY_AFTER)
    assert stored() == before
    status = API[name](api).status
    if name in ("sign in wrongly", "sign in as nobody"):
        assert status == 403
    else:
        assert status in (200, 201)


@pytest.mark.parametrize("path", FORMS)
def test_pages_that_ask_for_a_password_ask_again(path: str, people: Cast) -> None:
    browser = Client(raise_request_exception=False)
    if path != "/sign-in/":
        browser.force_login(people.bob)
    session = dict(browser.session.items())
    before = stored()
    with busy():
        answer = browser.post(path, FORMS[path], headers={"Accept": FIREFOX})
    page = answer.content.decode()
    assert answer.status_code == 429
    assert answer["Retry-After"] == str(RETRY_AFTER)
    assert page.count(NOTE) == 1
    assert 'role="alert"' in page
    assert PASSWORD not in page
    assert "is not your password" not in page
    assert stored() == before
    assert dict(browser.session.items()) == session
    assert browser.post(path, FORMS[path]).status_code == 302


def test_the_sign_in_page_keeps_what_was_typed(people: Cast) -> None:
    typed = {**FORMS["/sign-in/"], "username": 'b"><script>ob'}
    with busy():
        answer = Client().post("/sign-in/", typed)
    page = answer.content.decode()
    assert 'value="b&quot;&gt;&lt;script&gt;ob"' in page
    assert '<input type="hidden" name="next" value="/admin/">' in page
    assert answer.context["form"]["password"].initial is None


ADMIN = {
    "/admin/quaysite/user/add/": {
        "username": "erin",
        "usable_password": "true",
        "password1": NEW,
        "password2": NEW,
    },
    "/admin/quaysite/user/{bob}/password/": {
        "password1": NEW,
        "password2": NEW,
        "usable_password": "true",
    },
}


@pytest.mark.parametrize("path", ADMIN)
@pytest.mark.parametrize("accept", [FIREFOX, "*/*", "application/json"])
def test_other_pages_say_so_in_their_place(
    accept: str, path: str, people: Cast, admin_client: Client
) -> None:
    url = path.format(bob=people.bob.pk)
    before = stored()
    with busy():
        answer = admin_client.post(url, ADMIN[path], headers={"Accept": accept})
    assert answer.status_code == 429
    assert answer["Retry-After"] == str(RETRY_AFTER)
    if accept == FIREFOX:
        assert "Nothing was changed." in answer.content.decode()
    else:
        assert answer.json() == {"message": TEXT}
    assert stored() == before
    assert admin_client.post(url, ADMIN[path]).status_code == 302


@pytest.mark.parametrize("path", ["/oauth/access_token", "/oauth/revoke"])
@pytest.mark.parametrize("accept", [FIREFOX, "*/*"])
def test_an_application_asks_again_with_its_secret(
    accept: str, path: str, people: Cast
) -> None:
    """In JSON, as OAuth says errors, whatever its library says that it accepts."""
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    form = {
        "grant_type": "authorization_code",
        "code": "any",
        "token": "any",
        "client_id": application.client_id,
        "client_secret": "wrong",
    }
    client = Client(raise_request_exception=False, headers={"Accept": accept})
    with busy():
        answer = client.post(path, form)
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Retry-After"] == str(RETRY_AFTER)
    assert answer.json() == {
        "error": "temporarily_unavailable",
        "error_description": TEXT,
    }
    assert client.post(path, form).status_code == 401


def test_a_failed_sign_in_is_still_one_afterwards(
    people: Cast, endpoint: Endpoint
) -> None:
    with busy():
        endpoint.get(login=basic("bob", "wrong"))
        Client().post("/sign-in/", {"username": "bob", "password": "wrong"})
    assert "login_failure" not in kinds()
    endpoint.get(login=basic("bob", "wrong"))
    Client().post("/sign-in/", {"username": "bob", "password": "wrong"})
    assert kinds().count("login_failure") == 2
