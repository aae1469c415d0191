"""The password shown once more makes a session fresh; nothing else does."""

import time

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots import freshness
from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.logins import MAX_FAILURES
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast

PAGE = "/sign-in/again/"
BACK = "/admin/robots/robot/"


@pytest.fixture
def stale(cast: Cast) -> Client:
    """bob, who signed in long ago."""
    return stale_session(cast.bob)


def stale_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    return client


def is_fresh(client: Client) -> bool:
    return bool(client.session[SIGNED_IN_AT] > 0)


def test_the_right_password_makes_the_session_fresh_and_leads_back(
    stale: Client,
) -> None:
    page = stale.get(PAGE, {"next": BACK})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert f'name="next" value="{BACK}"' in page.content.decode()
    answer = stale.post(PAGE, {"password": factories.PASSWORD, "next": BACK})
    assert (answer.status_code, answer["Location"]) == (302, BACK)
    assert is_fresh(stale)
    assert not AuditEvent.objects.filter(kind="login_failure").exists()


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(0, True), (599, True), (602, False), (-30, True), (-90, False), (-1e9, False)],
)
def test_s05_only_the_last_minutes_are_fresh(age: float, fresh: bool) -> None:
    """A time to come is a wrong clock's, or a forgery, and would never grow stale."""
    session = SessionStore()
    session[SIGNED_IN_AT] = time.time() - age
    assert freshness.is_fresh(session) is fresh


def test_a_session_that_notes_no_sign_in_is_not_fresh() -> None:
    assert not freshness.is_fresh(SessionStore())


def test_a_copy_of_the_old_cookie_does_not_become_fresh_too(stale: Client) -> None:
    thief = Client()
    thief.cookies["sessionid"] = stale.cookies["sessionid"].value
    assert thief.get("/admin/").status_code == 200
    stale.post(PAGE, {"password": factories.PASSWORD})
    assert stale.get("/admin/").status_code == 200
    assert thief.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("password", "said", "is_failure"),
    [
        ("wrong", "That is not your password", True),
        (factories.PASSWORD.upper(), "That is not your password", True),
        ("", "This field is required", False),
        ("x" * 4097, "at most 4096 characters", False),
        ("x" * 100_000, "at most 4096 characters", False),
        ("a\x00b", "Null characters are not allowed", False),
        ("\N{PILE OF POO}", "That is not your password", True),
    ],
    ids=["wrong", "case", "empty", "long", "very long", "NUL", "not ASCII"],
)
def test_another_password_says_so_beside_its_field(
    password: str, said: str, is_failure: bool, stale: Client
) -> None:
    answer = stale.post(PAGE, {"password": password, "next": BACK})
    assert answer.status_code == 200
    (error,) = answer.context["form"].errors["password"]
    assert said in error
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not password or password not in answer.content.decode()
    assert not is_fresh(stale)
    failures = AuditEvent.objects.filter(kind="login_failure", namespace_name="bob")
    assert failures.count() == int(is_failure)


def test_an_odd_request_is_no_more_than_an_error(stale: Client) -> None:
    for body in ({}, {"next": "\x00"}, {"next": "x" * 100_000}):
        assert stale.post(PAGE, body).status_code == 200
    raw = b"password=%ED%A0%80%FF"
    kind = "application/x-www-form-urlencoded"
    assert stale.post(PAGE, raw, content_type=kind).status_code == 200
    assert not is_fresh(stale)


def test_guesses_do_not_fill_the_log(stale: Client, settings: Settings) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    for _ in range(MAX_FAILURES + 3):
        stale.post(PAGE, {"password": "wrong"})
    failures = AuditEvent.objects.filter(kind="login_failure", namespace_name="bob")
    assert failures.count() == MAX_FAILURES


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_led_elsewhere(target: str, stale: Client) -> None:
    shown = stale.get(PAGE, {"next": target}).content.decode()
    assert not target or target not in shown
    answer = stale.post(PAGE, {"password": factories.PASSWORD, "next": target})
    assert answer["Location"] == "/admin/"


def test_another_persons_password_will_not_do(cast: Cast) -> None:
    cast.alice.set_password("of alice alone")
    cast.alice.save()
    client = stale_session(cast.bob)
    client.post(PAGE, {"username": "alice", "password": "of alice alone"})
    assert not is_fresh(client)


def test_who_has_no_password_signs_in_anew(cast: Cast) -> None:
    cast.bob.set_unusable_password()
    cast.bob.save()
    client = stale_session(cast.bob)
    page = client.get(PAGE, {"next": BACK}).content.decode()
    assert 'type="password"' not in page
    assert "/sign-in/?next=%2Fadmin%2Frobots%2Frobot%2F" in page
    assert client.post(PAGE, {"password": ""}).status_code == 200
    assert not is_fresh(client)
    out = client.post("/sign-out/", {"next": f"/sign-in/?next={BACK}"})
    assert out["Location"] == f"/sign-in/?next={BACK}"


def test_only_who_is_signed_in_comes_here(cast: Cast) -> None:
    answer = Client().get(PAGE, {"next": BACK})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")
    assert Client().post(PAGE, {"password": factories.PASSWORD}).status_code == 302


def test_a_foreign_page_cannot_post_here(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.bob)
    answer = client.post(PAGE, {"password": factories.PASSWORD})
    assert answer.status_code == 403
