"""Sign-up: M1."""

import pytest
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.models import AuditEvent, Namespace
from tests.api.local import LocalClient
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

USER = "/api/v1/user/"
PASSWORD = "a-longer-secret"


@pytest.fixture
def visitor(local: LocalClient, settings: Settings) -> LocalClient:
    """Somebody with a CSRF token and no account."""
    settings.FEATURE_USER_CREATION = True
    local.csrf = local.get("/csrf_token").json["csrf_token"]
    return local


def test_a_visitor_signs_up_and_is_signed_in(
    visitor: LocalClient, settings: Settings
) -> None:
    settings.FEATURE_USER_METADATA = True
    body = {"username": "dora", "password": PASSWORD, "email": "bad"}
    made = visitor.post(USER, body)
    assert made.status == 200
    assert (made.json["username"], made.json["email"]) == ("dora", "bad")
    assert made.json["prompts"] == ["enter_name", "enter_company"]
    assert made.json["organizations"] == []
    visitor.csrf = made.headers["X-Next-CSRF-Token"]
    assert visitor.get(USER).json == made.json
    assert visitor.put(USER, {"invoice_email": True}).status == 200
    dora = User.objects.get(username="dora")
    assert dora.check_password(PASSWORD)
    assert not (dora.is_superuser or dora.is_staff)
    event = AuditEvent.objects.get(kind="user_create")
    assert event.namespace == Namespace.objects.get(owner=dora)
    assert event.facts == {"username": "dora", "email": "bad"}


def test_powers_of_the_settings_show_in_the_next_answer(
    visitor: LocalClient, settings: Settings
) -> None:
    settings.SUPER_USERS = ["dora"]
    made = visitor.post(USER, {"username": "dora", "password": PASSWORD})
    assert (made.status, made.json["email"]) == (200, "")
    assert not made.json.get("super_user")
    assert visitor.get(USER).json["super_user"] is True


def test_it_needs_the_feature_and_a_csrf_token(
    visitor: LocalClient, settings: Settings
) -> None:
    body = {"username": "dora", "password": PASSWORD}
    settings.FEATURE_USER_CREATION = False
    off = visitor.post(USER, body)
    assert (off.status, off.json["error_type"]) == (404, "not_found")
    settings.FEATURE_USER_CREATION = True
    visitor.csrf = None
    refused = visitor.post(USER, body)
    assert refused.status == 403
    assert refused.json == {"error": "CSRF token was invalid or missing."}
    assert not User.objects.exists()


def test_what_is_wrong_is_said(cast: Cast, visitor: LocalClient) -> None:
    cast.alice.email = "alice@example.com"
    cast.alice.save()
    good = {"username": "dora", "password": PASSWORD}
    bad_name = "must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
    wrong: list[tuple[dict[str, object], str]] = [
        ({"username": "alice"}, "The username already exists"),
        (
            {"username": "acme"},
            "Username has already been taken by an organization and cannot be reused:"
            " acme",
        ),
        ({"username": "acme+x"}, f"Invalid namespace acme+x: Namespace {bad_name}"),
        (
            {"username": "d"},
            "Invalid namespace d: Namespace must be between 2 and 255 characters in"
            " length",
        ),
        (
            {"password": "1234567"},
            "Invalid password, password must be at least 8 characters and contain no"
            " whitespace.",
        ),
        (
            {"username": "dora-dora", "password": "dora-dora-"},
            "The password is too similar to the username.",
        ),
        (
            {"email": "ALICE@example.com"},
            "Email has already been used: ALICE@example.com",
        ),
        ({"username": 5}, "5 is not of type 'string'"),
    ]
    for body, text in wrong:
        answer = visitor.post(USER, good | body)
        assert (answer.status, answer.json["detail"]) == (400, text)
        assert PASSWORD not in answer.text
    missing = visitor.post(USER, {"username": "dora"})
    assert missing.json["detail"] == "'password' is a required property"
    assert visitor.post(USER, b"[]").status == 400
    assert visitor.post(USER, {**good, "username": "\ud800x"}).status == 400
    assert User.objects.count() == 3
    assert visitor.get(USER).status == 401


def test_nobody_signs_up_where_no_password_is_accepted(
    visitor: LocalClient, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    refused = visitor.post(USER, {"username": "dora", "password": PASSWORD})
    assert refused.status == 404
    assert not User.objects.filter(username="dora").exists()
    assert visitor.get(USER).status == 401
