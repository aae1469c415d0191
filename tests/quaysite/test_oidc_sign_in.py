"""Signing in with a provider: who somebody is here, and who stays outside."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import OidcAccount, User
from quaysite.oidc import provider
from quaysite.sessions import SessionStore
from robots.models import AuditEvent, Namespace
from tests import factories
from tests.conftest import Cast
from tests.federation.issuer import Answer
from tests.quaysite.oidc import (
    CLIENT_ID,
    CLIENT_SECRET,
    NAME,
    SUBJECT,
    Flow,
    failures,
)

KIM = {
    "sub": SUBJECT,
    "preferred_username": "Kim.Doe@example.com",
    "email": "kim@example.com",
    "email_verified": True,
}


def test_the_first_time_makes_a_person_and_the_second_finds_them(flow: Flow) -> None:
    first = flow.sign_in(KIM, path="/oidc/sign-in/?next=/admin/robots/robot/")

    assert first["Location"] == "/admin/robots/robot/"
    assert flow.signed_in() == "kim.doe"
    kim = User.objects.get()
    assert (kim.email, kim.has_usable_password()) == ("kim@example.com", False)
    assert (kim.is_staff, kim.is_superuser) == (False, False)
    assert Namespace.objects.get(owner=kim).name == "kim.doe"
    made, linked, login = AuditEvent.objects.order_by("id")
    assert [made.kind, linked.kind] == ["user_create", "user_link_account"]
    assert (made.performer_kind, made.performer_name) == ("system", NAME)
    assert (login.kind, login.performer_name) == ("login_success", "kim.doe")
    assert login.facts["type"] == "oidc"

    flow.browser = Client()
    flow.sign_in({**KIM, "preferred_username": "renamed", "email": "new@example.com"})

    assert flow.signed_in() == "kim.doe"
    assert User.objects.count() == OidcAccount.objects.count() == 1
    assert OidcAccount.objects.get().last_used_at is not None


def test_the_way_there_has_state_nonce_and_a_code_challenge(flow: Flow) -> None:
    asked = flow.go()
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
    assert asked["redirect_uri"] == "http://testserver/oidc/callback/"
    assert asked["scope"] == "openid email profile"
    assert "prompt" not in asked


def test_the_code_is_redeemed_with_its_verifier_and_the_secret(flow: Flow) -> None:
    flow.sign_in(KIM)
    (form,) = flow.issuer.forms
    assert form["code"] == "code-canary"
    assert form["client_secret"] == CLIENT_SECRET
    assert len(form["code_verifier"]) >= 43


def test_the_secret_goes_into_a_header_where_the_provider_wants_that(
    flow: Flow, settings: Settings
) -> None:
    settings.OIDC_TOKEN_USE_BASIC_AUTH = True
    flow.sign_in(KIM)
    assert "client_secret" not in flow.issuer.forms[0]
    assert any(h.get("Authorization", "")[:6] == "Basic " for h in flow.issuer.headers)


def test_an_address_that_is_not_verified_is_not_kept(flow: Flow) -> None:
    flow.sign_in({**KIM, "email_verified": "true"})
    assert (flow.signed_in(), User.objects.get().email) == ("kim.doe", "")


COLLISIONS = {
    "e-mail": ({**KIM, "email": "BOB@example.com"}, "email"),
    "e-mail, not verified": (
        {**KIM, "email": "bob@example.com", "email_verified": False},
        "email",
    ),
    "user name": ({**KIM, "preferred_username": "bob"}, "username"),
    "an organization's name": ({**KIM, "preferred_username": "ACME"}, "username"),
    "a name of power": ({**KIM, "preferred_username": "root"}, "username"),
}


@pytest.mark.parametrize(("said", "check"), COLLISIONS.values(), ids=COLLISIONS)
def test_nobody_gets_an_account_that_there_is(
    cast: Cast, flow: Flow, settings: Settings, said: dict[str, Any], check: str
) -> None:
    settings.SUPER_USERS = ["root"]
    User.objects.filter(pk=cast.bob.pk).update(email="bob@example.com")

    refused = flow.sign_in(said)

    assert "is not connected to" in " ".join(flow.told(refused).split())
    assert flow.signed_in() == ""
    assert User.objects.count() == 3
    assert not OidcAccount.objects.exists()
    assert failures() == [("", check)]
    kinds = set(AuditEvent.objects.values_list("kind", flat=True))
    assert not kinds & {"user_create", "user_link_account", "login_success"}


def test_who_was_deactivated_stays_outside(cast: Cast, flow: Flow) -> None:
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert "is disabled" in flow.told(flow.sign_in(KIM))
    assert (flow.signed_in(), failures()) == ("", [("bob", "disabled")])


def test_strangers_stay_outside_where_nobody_is_made(
    cast: Cast, flow: Flow, settings: Settings
) -> None:
    settings.OIDC_CREATE_USERS = False
    assert f"your identifier is {SUBJECT}" in flow.told(flow.sign_in(KIM))
    assert (User.objects.count(), failures()) == (3, [("", "unknown")])
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    flow.sign_in(KIM)
    assert flow.signed_in() == "bob"


def test_the_same_subject_of_another_issuer_is_somebody_else(
    cast: Cast, flow: Flow
) -> None:
    link_account(cast.bob, "https://other.example", SUBJECT, factories.BY)
    flow.sign_in(KIM)
    assert flow.signed_in() == "kim.doe"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "\\\\evil.example"]
)
def test_nobody_is_led_elsewhere(flow: Flow, wanted: str) -> None:
    assert flow.sign_in(KIM, f"/oidc/sign-in/?next={wanted}")["Location"] == "/admin/"


def test_a_state_is_used_once_and_only_by_the_browser_that_has_it(flow: Flow) -> None:
    asked = flow.go()
    stranger = Flow(flow.issuer, Client())
    elsewhere = stranger.come_back(asked)
    assert "not begun in this browser" in stranger.told(elsewhere)
    good = flow.token(asked["nonce"])
    flow.answer(good, KIM)
    flow.come_back(asked)
    assert flow.signed_in() == "kim.doe"
    flow.browser.post("/sign-out/")
    assert "Begin again" in flow.told(flow.come_back(asked))
    assert flow.signed_in() == ""
    assert failures() == [("", "state"), ("", "state")]


def test_what_the_provider_says_no_to_is_told(flow: Flow) -> None:
    back = flow.come_back(flow.go(), error="access_denied", error_description="<b>x")
    page = flow.told(back)
    assert f"{NAME} answered: access_denied." in page
    assert "<b>x" not in page
    odd = flow.told(flow.come_back(flow.go(), error="<script>"))
    assert f"{NAME} answered: an error." in odd


def test_an_answer_of_another_provider_is_refused(flow: Flow) -> None:
    """RFC 9207: the code would go to an endpoint it was not made for."""
    back = flow.come_back(flow.go(), iss="https://evil.example")
    assert "another provider" in flow.told(back)
    assert flow.issuer.forms == []


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?state=%00&code=%ff"])
def test_no_way_back_breaks_the_site(flow: Flow, query: str) -> None:
    back = flow.browser.get(f"/oidc/callback/{query}")
    assert urlsplit(back["Location"]).path == "/sign-in/"


def test_a_provider_that_is_down_is_told_and_left_alone(
    flow: Flow, settings: Settings
) -> None:
    flow.issuer.fail()
    for _ in range(3):
        back = flow.browser.get("/oidc/sign-in/?next=/admin/")
        assert back["Location"] == "/sign-in/?next=%2Fadmin%2F"
        assert f"{NAME} cannot be reached" in flow.told(back)
    assert flow.issuer.total == 1
    flow.issuer.recover()
    provider.forget()
    flow.sign_in(KIM)
    assert flow.signed_in() == "kim.doe"


BROKEN = {
    "an error": Answer('{"error": "invalid_grant"}', status=400),
    "no JSON": Answer("<html>", content_type="text/html"),
    "a list": Answer("[]"),
    "nothing": Answer("{}"),
    "too deep": Answer("[" * 60_000),
    "too long": Answer(" " * 70_000),
    "hangs up": Answer(drop=True),
}


@pytest.mark.parametrize("path", ["/token", "/me", "/keys"])
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_no_answer_of_the_provider_breaks_the_site(
    flow: Flow, answer: Answer, path: str
) -> None:
    asked = flow.go()
    flow.answer(flow.token(asked["nonce"]), KIM)
    flow.issuer.answers[path] = answer
    page = flow.told(flow.come_back(asked))
    assert "Try again" in page
    assert (flow.signed_in(), User.objects.count()) == ("", 0)


def test_userinfo_about_somebody_else_is_refused(flow: Flow) -> None:
    flow.sign_in({**KIM, "sub": "another"})
    assert (flow.signed_in(), failures()) == ("", [("", "provider")])


def test_without_a_provider_there_is_no_way_to_one(cast: Cast) -> None:
    browser = Client()
    assert b"oidc-button" not in browser.get("/sign-in/").content
    assert browser.get("/oidc/sign-in/")["Location"].startswith("/sign-in/")
    assert browser.get("/oidc/callback/?code=x&state=y").status_code == 302


def test_the_page_leads_to_the_provider_and_keeps_next(flow: Flow) -> None:
    page = flow.browser.get("/sign-in/?next=/admin/%3Fa=b%26c").content.decode()
    assert f"Sign in with {NAME}" in page
    link = page.split('id="oidc-button" href="')[1].split('"')[0]
    assert parse_qs(urlsplit(link).query) == {"next": ["/admin/?a=b&c"]}
    assert flow.browser.head("/oidc/sign-in/").status_code == 405
    assert flow.browser.post("/oidc/sign-in/").status_code == 405


def test_an_endpoint_keeps_the_query_that_it_has(flow: Flow) -> None:
    endpoint = f"{flow.issuer.url}/go?p=policy&state=x"
    flow.issuer.claims["authorization_endpoint"] = endpoint
    provider.forget()
    asked = flow.go()
    query = flow.browser.get("/oidc/sign-in/")["Location"].removeprefix(endpoint)
    assert query.startswith("&response_type=code&")
    assert "?" not in query
    assert asked["p"] == "policy"
    state = parse_qs(query)["state"][0]
    flow.answer(flow.token(parse_qs(query)["nonce"][0]), KIM)
    flow.come_back({"state": state})
    assert flow.signed_in() == "kim.doe"


def test_an_endpoint_with_a_fragment_is_none(flow: Flow) -> None:
    flow.issuer.claims["authorization_endpoint"] = f"{flow.issuer.url}/go#x"
    provider.forget()
    assert flow.browser.get("/oidc/sign-in/")["Location"].startswith("/sign-in/")


def test_a_session_that_ends_meanwhile_is_no_error(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the same answer comes twice at once: the first one's key is new."""
    asked = flow.go()
    flow.answer(flow.token(asked["nonce"]), KIM)
    load = SessionStore.load

    def load_and_lose(store: SessionStore) -> Any:
        found = load(store)
        Session.objects.all().delete()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(SessionStore, "load", load_and_lose)
        back = flow.come_back(asked)

    assert back["Location"].startswith("/sign-in/")
    assert "sessionid" not in back.cookies
    assert failures() == [("", "state")]
    assert not User.objects.exists()
