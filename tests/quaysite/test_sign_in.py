"""The sign-in page: for everybody who is active, and never a way to elsewhere."""

from base64 import b64encode
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast

CREDENTIALS = {"username": "bob", "password": factories.PASSWORD}


def test_people_who_are_not_staff_sign_in_and_out(cast: Cast) -> None:
    browser = Client()
    page = browser.get("/sign-in/?next=/oauth/authorize%3Fx")
    assert (page.status_code, b"Sign in" in page.content) == (200, True)
    signed_in = browser.post("/sign-in/?next=/oauth/authorize%3Fx", CREDENTIALS)
    assert (signed_in.status_code, signed_in["Location"]) == (
        302,
        "/oauth/authorize?x",
    )
    assert browser.get("/api/v1/user/").json()["username"] == "bob"
    assert browser.get("/sign-in/")["Location"] == "/admin/"
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/api/v1/user/").status_code == 401
    (event,) = AuditEvent.objects.filter(kind="login_success")
    assert (event.performer_name, event.namespace_name) == ("bob", "bob")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_nobody_is_sent_elsewhere(cast: Cast, target: str) -> None:
    signed_in = Client().post("/sign-in/", {**CREDENTIALS, "next": target})
    assert signed_in["Location"] == "/admin/"


@pytest.mark.parametrize(
    "target",
    ["/sign-in/", "/sign-in/?next=/sign-in/", "http://testserver/sign-in/#x"],
)
def test_nobody_is_sent_back_to_the_page_itself(cast: Cast, target: str) -> None:
    browser = Client()
    signed_in = browser.post("/sign-in/", {**CREDENTIALS, "next": target})
    assert signed_in["Location"] == "/admin/"
    assert browser.get("/sign-in/", {"next": target})["Location"] == "/admin/"
    again = browser.get("/sign-in/", {"next": "/sign-in/again/"})
    assert again["Location"] == "/sign-in/again/"


def test_a_wrong_password_and_an_inactive_person_stay_outside(cast: Cast) -> None:
    browser = Client()
    wrong = browser.post("/sign-in/", {**CREDENTIALS, "password": "wrong"})
    assert wrong.status_code == 200
    long = {**CREDENTIALS, "password": "x" * 4097}
    assert browser.post("/sign-in/", long).status_code == 200
    staff = {**CREDENTIALS, "password": "wrong", "username": "alice"}
    assert browser.post("/sign-in/?next=/admin/", staff).status_code == 200
    failed = AuditEvent.objects.filter(kind="login_failure").order_by("id")
    assert [event.namespace_name for event in failed] == ["bob", "alice"]
    cast.bob.is_active = False
    cast.bob.save()
    assert browser.post("/sign-in/", CREDENTIALS).status_code == 200
    assert browser.get("/api/v1/user/").status_code == 401


def test_the_admin_has_no_sign_in_page_of_its_own(cast: Cast) -> None:
    there = Client().post("/admin/login/?next=/admin/robots/robot/", CREDENTIALS)
    assert there["Location"] == "/sign-in/?next=/admin/robots/robot/"


@pytest.mark.parametrize("name", ["", "\x00", "x" * 100_000, "\ud800"])
def test_no_user_name_breaks_the_page(cast: Cast, name: str) -> None:
    form = f"username={quote(name, errors='surrogatepass')}&password=x"
    kind = "application/x-www-form-urlencoded"
    assert Client().post("/sign-in/", form, content_type=kind).status_code == 200


def test_where_passwords_are_off_none_is_asked_for_or_taken(
    cast: Cast, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    browser = Client()
    assert b'type="password"' not in browser.get("/sign-in/").content
    assert browser.post("/sign-in/", CREDENTIALS).status_code == 405
    basic = b64encode(b"bob:" + factories.PASSWORD.encode()).decode()
    client = Client(headers={"Authorization": f"Basic {basic}"})
    assert client.get("/v2/auth", {"service": "127.0.0.1:5000"}).status_code == 401
    assert "_auth_user_id" not in browser.session
