"""The sign-in page: for everybody who is active, and never a way to elsewhere."""

import pytest
from django.test import Client

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
    assert browser.get("/sign-in/")["Location"] == "/api/v1/"
    assert browser.post("/sign-out/").status_code == 302
    assert browser.get("/api/v1/user/").status_code == 401
    (event,) = AuditEvent.objects.filter(kind="login_success")
    assert (event.performer_name, event.namespace_name) == ("bob", "bob")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_nobody_is_sent_elsewhere(cast: Cast, target: str) -> None:
    signed_in = Client().post("/sign-in/", {**CREDENTIALS, "next": target})
    assert signed_in["Location"] == "/api/v1/"


def test_a_wrong_password_and_an_inactive_person_stay_outside(cast: Cast) -> None:
    browser = Client()
    wrong = browser.post("/sign-in/", {**CREDENTIALS, "password": "wrong"})
    assert wrong.status_code == 200
    long = {**CREDENTIALS, "password": "x" * 4097}
    assert browser.post("/sign-in/", long).status_code == 200
    staff = {**CREDENTIALS, "password": "wrong", "username": "alice"}
    assert browser.post("/admin/login/", staff).status_code == 200
    failed = AuditEvent.objects.filter(kind="login_failure").order_by("id")
    assert [event.namespace_name for event in failed] == ["bob", "alice"]
    cast.bob.is_active = False
    cast.bob.save()
    assert browser.post("/sign-in/", CREDENTIALS).status_code == 200
    assert browser.get("/api/v1/user/").status_code == 401
