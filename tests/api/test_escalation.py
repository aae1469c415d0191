"""A stale session, or a token with a ceiling, must not become more than it is."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pytest_django.fixtures import Settings

from quaysite.models import AccessToken, Grant, User
from robots.freshness import SIGNED_IN_AT
from robots.models import AppToken
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.matrix import in_session
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


USER = "/api/v1/user/"
APP_TOKENS = "/api/v1/user/apptoken"
SITE_USERS = "/api/v1/superuser/users/"
NEW_PASSWORD = {"password": "another-long-password"}


def stale(person: User) -> LocalClient:
    """A session whose password was shown too long ago."""
    client = in_session(person)
    session = client.django.session
    session[SIGNED_IN_AT] = 0
    session.save()
    return client


def hash_of(person: User) -> str:
    return User.objects.get(pk=person.pk).password


def test_a_stale_session_takes_nothing_over(cast: Cast) -> None:
    before = hash_of(cast.alice)
    client = stale(cast.alice)
    path = "/api/v1/organization/acme/applications"
    client_id = client.post(path, {"name": "app"}).json["client_id"]
    for answer in (
        client.put(USER, NEW_PASSWORD),
        client.put(USER, {"email": "thief@example.com"}),
        client.post(APP_TOKENS, {"title": "mine"}),
        client.post(f"{path}/{client_id}/tokens", {"name": "x", "scope": "org:admin"}),
        client.delete("/api/v1/organization/acme"),
    ):
        assert (answer.status, answer.json["error_type"]) == (
            401,
            "fresh_login_required",
        )
    assert hash_of(cast.alice) == before
    assert not AppToken.objects.exists()
    assert not AccessToken.objects.exists()
    verified = client.post("/api/v1/signin/verify", {"password": factories.PASSWORD})
    assert verified.status == 200
    assert client.put(USER, NEW_PASSWORD).status == 200


@pytest.mark.parametrize("response_type", ["code", "token"])
def test_a_stale_session_agrees_to_no_application(
    cast: Cast, settings: Settings, response_type: str
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    client = stale(cast.alice)
    callback = "https://thief.example/?a=b"
    made = client.post(
        "/api/v1/organization/acme/applications",
        {"name": "app", "redirect_uri": callback},
    ).json
    asked = {
        "response_type": response_type,
        "client_id": made["client_id"],
        "redirect_uri": callback,
        "scope": "repo:admin org:admin user:admin",
        "state": "s&t",
    }
    address = f"/oauth/authorize?{urlencode(asked)}"
    browser = client.django
    browser.get("/sign-in/again/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    for answer in (
        browser.get(address),
        browser.post(address, {**form, "authorize": "x"}),
    ):
        again = urlsplit(answer["Location"])
        assert (answer.status_code, again.path) == (302, "/sign-in/again/")
        assert parse_qs(again.query) == {"next": [address]}
        assert answer["Referrer-Policy"] == "no-referrer"
    assert not Grant.objects.exists()
    assert not AccessToken.objects.exists()
    shown = browser.post(answer["Location"], {**form, "password": factories.PASSWORD})
    assert (shown.status_code, shown["Location"]) == (302, address)
    agreed = browser.post(address, {**form, "authorize": "x"})
    assert agreed["Location"].startswith(callback)
    assert Grant.objects.count() + AccessToken.objects.count() == 1


@pytest.mark.parametrize("scope", ["user:admin", "user:admin org:admin super:user"])
def test_a_capped_token_gets_no_password_and_no_app_token(
    cast: Cast, local_user: LocalUser, scope: str
) -> None:
    before = hash_of(cast.alice)
    token = local_user(cast.alice, scope)
    assert token.put(USER, NEW_PASSWORD).status == 403
    assert token.put(USER, {"email": "thief@example.com"}).status == 403
    assert token.post(APP_TOKENS, {"title": "mine"}).status == 403
    assert token.put(USER, {"invoice_email": True}).status == 200
    assert hash_of(cast.alice) == before
    assert not AppToken.objects.exists()
    whole = local_user(cast.alice)
    assert whole.post(APP_TOKENS, {"title": "mine"}).status == 200


def test_a_token_of_a_site_administrator_hands_out_no_powers(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice", "nobody-yet"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    before = hash_of(cast.alice), hash_of(cast.charlie)
    token = local_user(cast.alice)
    assert token.put(USER, NEW_PASSWORD).status == 403
    assert token.put(f"{SITE_USERS}alice", NEW_PASSWORD).status == 403
    assert token.put(f"{SITE_USERS}charlie", NEW_PASSWORD).status == 403
    assert token.put(f"{SITE_USERS}bob", {"superuser": True}).status == 403
    assert token.post(SITE_USERS, {"username": "nobody-yet"}).status == 403
    assert (hash_of(cast.alice), hash_of(cast.charlie)) == before
    assert not User.objects.filter(username="nobody-yet").exists()
    assert not User.objects.filter(is_superuser=True).exists()
    session = in_session(cast.alice)
    assert session.post(SITE_USERS, {"username": "nobody-yet"}).status == 200


def test_a_known_csrf_token_dies_when_a_page_signs_in(cast: Cast) -> None:
    client = LocalClient()
    planted = client.get("/csrf_token").json["csrf_token"]
    browser = client.django
    browser.get("/sign-in/")
    form = {
        "username": "alice",
        "password": factories.PASSWORD,
        "csrfmiddlewaretoken": browser.cookies["csrftoken"].value,
    }
    assert browser.post("/sign-in/", form).status_code == 302
    path = f"/api/v1/organization/acme/robots/new?_csrf_token={planted}"
    assert client.put(path, {}).status == 403
    assert client.get("/csrf_token").json["csrf_token"] != planted


def test_what_is_meant_for_a_part_of_a_repository_does_not_reach_another(
    cast: Cast, local_user: LocalUser
) -> None:
    nested = factories.repository(cast.acme, "web/tag/latest")
    alice = local_user(cast.alice)
    answer = alice.delete("/api/v1/repository/acme/web/tag/latest")
    assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert type(nested).objects.filter(pk=nested.pk).exists()


def test_answers_are_not_kept_and_texts_have_an_end(
    cast: Cast, local_user: LocalUser, local: LocalClient
) -> None:
    alice = local_user(cast.alice)
    shown = alice.get("/api/v1/organization/acme/robots/ci")
    assert shown.headers["Cache-Control"] == "no-store"
    long = alice.put("/api/v1/repository/acme/web", {"description": "x" * 25_001})
    assert long.status == 400
    team = {"role": "member", "description": "x" * 4_097}
    assert alice.put("/api/v1/organization/acme/team/other", team).status == 400
    wide = alice.get("/api/v1/organization/acme/robots?q=" + "x" * 512)
    assert wide.status == 400
    assert alice.get("/api/v1/entities/%20").json == {"results": []}
    first = local.post("/api/v1/user/initialize", {})
    assert "Access-Control-Allow-Origin" not in first.headers


def test_an_organization_does_not_read_what_its_person_did(
    cast: Cast, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    bob = in_session(cast.bob)
    assert bob.put(USER, {"email": "bob@example.com"}).status == 200
    assert bob.post(APP_TOKENS, {"title": "my phone"}).status == 200
    alice = in_session(cast.alice)
    assert alice.post("/api/v1/superuser/takeownership/bob").status == 200
    logs = alice.get("/api/v1/organization/bob/logs")
    assert logs.status == 200
    for personal in ("bob@example.com", "my phone", "app_specific"):
        assert personal not in logs.text
