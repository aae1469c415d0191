"""Guesses at a password, wherever one is asked for: 429 in the end, and then again."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import User
from robots.models import AuditEvent
from tests import factories
from tests.api.local import LocalClient
from tests.api.signed_in import signed_in
from tests.clock import WINDOW, StandingClock, standing_clock
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.oauth.flows import secret_of
from tests.quaysite.passwords import FIREFOX, FORMS, NEW, kinds
from tests.registryauth.endpoint import basic

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
OFF = "OIDC_PASSWORD_SIGN_IN is off"
TEXT = "Too many failed logins. Try again in 290 seconds."


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    return standing_clock(monkeypatch)


def browser_of(person: User | None, address: str = HERE) -> Client:
    browser = Client(REMOTE_ADDR=address, headers={"Accept": FIREFOX})
    if person is not None:
        browser.force_login(person)
    return browser


def wrong(path: str) -> dict[str, str]:
    asks_for = "old_password" if "change" in path else "password"
    return {**FORMS[path], asks_for: "wrong-secret-4711"}


@pytest.mark.parametrize("path", FORMS)
def test_a_page_says_how_long_to_wait(
    path: str, cast: Cast, clock: StandingClock
) -> None:
    person = None if path == "/sign-in/" else cast.bob
    browser = browser_of(person)
    kept = cast.bob.password
    for _ in range(10):
        assert browser.post(path, wrong(path)).status_code == 200
    for form in (wrong(path), FORMS[path]):
        answer = browser.post(path, form)
        assert (answer.status_code, answer["Retry-After"]) == (429, "290")
        page = answer.content.decode()
        assert "Try again in 5 minutes" in page
        assert page.count('role="alert"') == 1
        assert "4711" not in page
        assert PASSWORD not in page
    cast.bob.refresh_from_db()
    assert cast.bob.password == kept
    assert kinds().count("login_failure") == 10
    assert browser_of(person, ELSEWHERE).post(path, FORMS[path]).status_code == 302
    if "change" in path:
        return  # It is another password now.
    clock.move(WINDOW - 10)
    assert browser.post(path, FORMS[path]).status_code == 302


def test_a_form_without_a_name_is_no_guess(cast: Cast) -> None:
    browser = browser_of(None)
    for form in ({}, {"username": "bob"}, {"password": "x"}, {"username": "\x00"}):
        for _ in range(12):
            assert browser.post("/sign-in/", form).status_code == 200


Guess = Callable[[LocalClient, str], int]

GUESSES: dict[str, Guess] = {
    "sign in": lambda api, secret: (
        api.post("/api/v1/signin", {"username": "bob", "password": secret}).status
    ),
    "verify": lambda api, secret: (
        api.post("/api/v1/signin/verify", {"password": secret}).status
    ),
    "client key": lambda api, secret: (
        api.post("/api/v1/user/clientkey", {"password": secret}).status
    ),
}


@pytest.mark.parametrize("name", GUESSES)
def test_the_api_counts_them_too(name: str, cast: Cast, clock: StandingClock) -> None:
    api, guess = signed_in(cast.bob), GUESSES[name]
    told = [guess(api, "wrong") for _ in range(12)]
    assert told[9] in (400, 403)
    assert told == told[:1] * 10 + [429] * 2
    failures = AuditEvent.objects.filter(kind="login_failure")
    assert failures.count() == 10
    assert {(one.namespace_name, one.facts["message"]) for one in failures} == {
        ("bob", "wrong password")
    }
    assert guess(api, PASSWORD) == 429
    answer = api.post("/api/v1/signin", {"username": "bob", "password": PASSWORD})
    assert (answer.status, answer.json) == (429, {"message": TEXT})
    assert answer.headers["Retry-After"] == "290"
    clock.move(WINDOW)
    assert guess(api, PASSWORD) == 200


@pytest.mark.parametrize("name", GUESSES)
def test_where_passwords_are_off_the_api_takes_none_and_counts_none(
    name: str, cast: Cast, settings: Settings
) -> None:
    api, guess = signed_in(cast.bob), GUESSES[name]
    settings.OIDC_PASSWORD_SIGN_IN = False
    told = {guess(api, secret) for secret in [PASSWORD] * 6 + ["wrong"] * 6}
    assert told in ({400}, {403})
    failures = AuditEvent.objects.filter(kind="login_failure")
    assert {one.facts["message"] for one in failures} == {OFF}
    settings.OIDC_PASSWORD_SIGN_IN = True
    assert guess(api, PASSWORD) == 200


def test_a_name_is_counted_wherever_it_is_tried(cast: Cast) -> None:
    browser = Client(REMOTE_ADDR="127.0.0.1")  # That of the API's client too.
    for _ in range(4):
        browser.post("/sign-in/", {"username": "bob", "password": "x"})
        browser.get("/v2/auth", headers={"Authorization": basic("bob", "x")})
    api = LocalClient()
    api.csrf = api.get("/csrf_token").json["csrf_token"]
    assert [GUESSES["sign in"](api, "x") for _ in range(3)] == [403, 403, 429]
    login = {"Authorization": basic("bob")}
    assert browser.get("/v2/auth", headers=login).status_code == 429


def test_client_keys_go_on(cast: Cast) -> None:
    api = signed_in(cast.bob)
    key = api.post("/api/v1/user/clientkey", {"password": PASSWORD}).json["key"]
    for _ in range(12):
        GUESSES["sign in"](api, "wrong")
    answer = Client().get("/v2/auth", headers={"Authorization": basic("bob", key)})
    assert answer.status_code == 200


def test_a_new_password_of_ones_own_is_no_guess(cast: Cast) -> None:
    browser = browser_of(cast.bob)
    form = {**FORMS["/admin/password_change/"], "new_password2": f"{NEW}x"}
    for _ in range(12):
        assert browser.post("/admin/password_change/", form).status_code == 200


@pytest.mark.parametrize("path", ["/oauth/access_token", "/oauth/revoke"])
@pytest.mark.parametrize("in_header", [True, False])
def test_an_applications_secret_is_counted_by_its_client_id(
    in_header: bool, path: str, cast: Cast, clock: StandingClock
) -> None:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    one, other = (
        create_application(cast.acme, details, factories.BY).client_id for _ in "12"
    )

    def ask(client_id: str, address: str = HERE) -> tuple[int, str]:
        form = {"grant_type": "authorization_code", "code": "any", "token": "any"}
        headers = {}
        if in_header:
            headers["Authorization"] = basic(client_id, "wrong")
        else:
            form |= {"client_id": client_id, "client_secret": "wrong"}
        client = Client(REMOTE_ADDR=address)
        answer = client.post(path, form, headers=headers)
        assert answer["Content-Type"] == "application/json"
        return answer.status_code, answer.headers.get("Retry-After", "")

    for client_id in (one, "no-such-application"):
        told = [ask(client_id) for _ in range(12)]
        assert told == [(401, "")] * 10 + [(429, "290")] * 2
    assert ask(other)[0] == 401
    assert ask(one, ELSEWHERE)[0] == 401
    clock.move(WINDOW)
    assert ask(one)[0] == 401


@pytest.mark.parametrize("path", ["/oauth/access_token", "/oauth/revoke"])
def test_two_guesses_at_once_are_none(path: str, cast: Cast) -> None:
    """Of header and body, both would be tried and one would be counted."""
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(cast.acme, details, factories.BY)
    client_id, right = application.client_id, secret_of(application)
    form = {"grant_type": "authorization_code", "code": "any", "token": "any"}
    for in_header, in_body in (("wrong", right), (right, "wrong"), ("wrong", "bad")):
        both = form | {"client_id": client_id, "client_secret": in_body}
        headers = {"Authorization": basic(client_id, in_header)}
        answer = Client().post(path, both, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    # One that is shown twice is one.
    shown = {"Authorization": basic(client_id, "wrong")}
    form |= {"client_id": client_id, "client_secret": "wrong"}
    told = [Client().post(path, form, headers=shown).status_code for _ in range(12)]
    assert told == [401] * 10 + [429] * 2


@pytest.mark.parametrize("path", ["/oauth/access_token", "/oauth/revoke"])
def test_ones_own_application_hides_no_guess_at_another(path: str, cast: Cast) -> None:
    """Of header and body the second would be taken once the first one is wrong."""
    details = Details("CI", redirect_uri="https://ci.example/callback")
    own, other = (create_application(cast.acme, details, factories.BY) for _ in "12")
    right, hidden = (secret_of(one) for one in (own, other))
    form = {"grant_type": "authorization_code", "code": "any", "token": "any"}
    form |= {"client_id": own.client_id, "client_secret": right}

    def ask(client_id: str, secret: str, scheme: str = "Basic") -> tuple[int, str]:
        shown = basic(client_id, secret).replace("Basic", scheme)
        answer = Client().post(path, form, headers={"Authorization": shown})
        return answer.status_code, answer.json().get("error") if answer.content else ""

    # What right credentials, and nothing else, lead to.
    alone = Client().post(path, form)
    as_own = (alone.status_code, alone.json()["error"] if alone.content else "")
    assert as_own[0] in (200, 400)
    assert as_own != (400, "invalid_request")
    for secret in ("wrong", hidden):
        assert ask(other.client_id, secret) == (400, "invalid_request")
    assert ask(own.client_id, right) == as_own
    # No credentials of an application.
    assert ask(other.client_id, "wrong", "Bearer") == as_own


def test_headers_of_applications_that_cannot_be_read_are_no_error(db: None) -> None:
    for header in ("Basic", "Basic !!!", "Basic /w==", "Bearer x", ""):
        headers = {"Authorization": header}
        answer = Client().post("/oauth/access_token", {}, headers=headers)
        assert answer.status_code in (400, 401)
