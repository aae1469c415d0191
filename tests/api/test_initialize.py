"""The first person of a new site."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.models import AccessToken, User
from robots.models import AuditEvent
from robots.oauth_scopes import OAuthScope
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient

pytestmark = pytest.mark.django_db

INITIALIZE = "/api/v1/user/initialize"
BODY = {
    "username": "root",
    "password": "a-longer-secret",
    "email": "root@example.com",
    "access_token": True,
}


@pytest.fixture(autouse=True)
def feature(settings: Settings) -> None:
    settings.FEATURE_USER_INITIALIZE = True


def test_the_first_person_gets_a_token_that_does_everything(
    local: LocalClient, settings: Settings
) -> None:
    settings.SUPER_USERS = ["root"]
    made = local.post(INITIALIZE, BODY)
    assert made.status == 200
    assert set(made.json) == {
        "username",
        "email",
        "encrypted_password",
        "access_token",
    }
    assert (made.json["username"], made.json["email"]) == ("root", "root@example.com")
    text = made.json["access_token"]
    assert re.fullmatch("[A-Za-z0-9]{40}", text)
    root = LocalClient(text)
    assert root.get("/api/v1/user/").json["super_user"] is True
    assert root.get("/api/v1/superuser/users/").status == 200
    token = AccessToken.objects.select_related("application").get()
    assert set(token.scope.split()) == set(OAuthScope)
    assert token.expires <= timezone.now() + timedelta(hours=2, minutes=30)
    assert token.application.name == "__quay_bootstrap_app"
    assert token.application.organization is None
    assert text not in str(AuditEvent.objects.values_list("facts", flat=True))
    assert AuditEvent.objects.filter(kind="user_create").count() == 1
    again = local.post(INITIALIZE, {**BODY, "username": "other", "email": ""})
    assert again.status == 400
    message = "Cannot initialize user in a non-empty database"
    assert again.json == {"message": message}
    assert User.objects.count() == 1


def test_who_is_not_in_super_users_administers_nothing(local: LocalClient) -> None:
    made = local.post(f"{INITIALIZE}/", {**BODY, "access_token": False})
    assert (made.status, "access_token" in made.json) == (200, False)
    assert not AccessToken.objects.exists()
    root = User.objects.get()
    assert not (root.is_superuser or root.is_staff)
    assert root.check_password(str(BODY["password"]))


def test_what_is_refused_says_why_and_makes_nobody(
    local: LocalClient, settings: Settings
) -> None:
    factories.organization("taken")
    for change, text in (
        ({"password": "short"}, "Invalid password, password must be at least 8"),
        ({"username": "Root"}, "Invalid namespace Root: "),
        ({"username": "taken"}, "Username has already been taken by an organization"),
        ({"access_token": "yes"}, "'yes' is not of type 'boolean'"),
    ):
        answer = local.post(INITIALIZE, {**BODY, **change})
        assert (answer.status, list(answer.json)) == (400, ["message"])
        assert answer.json["message"].startswith(text)
    assert local.post(INITIALIZE).status == 415
    assert local.post(INITIALIZE, b"{").status == 400
    assert local.get(INITIALIZE).status == 405
    settings.FEATURE_USER_INITIALIZE = False
    off = local.post(INITIALIZE, BODY)
    assert (off.status, list(off.json)) == (400, ["message"])
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_is_the_first(api: Client) -> None:
    """SQLite has one writer at a time, so only PostgreSQL can have a race here."""

    def initialize(number: int) -> int:
        body = {**BODY, "username": f"root{number}", "email": f"{number}@example.com"}
        return Client(api.url).post(INITIALIZE, body).status

    at_once = 6 if connection.vendor == "postgresql" else 1
    with ThreadPoolExecutor(at_once) as pool:
        statuses = sorted(pool.map(initialize, range(6)))
    assert statuses == [200, 400, 400, 400, 400, 400]
    assert User.objects.count() == 1
    assert AccessToken.objects.count() == 1


def test_nobody_is_made_where_no_password_is_accepted(
    local: LocalClient, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    refused = local.post(INITIALIZE, BODY)
    assert (refused.status, refused.json["message"]) == (
        400,
        "Cannot initialize user, OIDC_PASSWORD_SIGN_IN is False",
    )
    assert not User.objects.exists()
    assert not AccessToken.objects.exists()
