"""Confirming who one is, and connecting an account, with the provider."""

import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import OidcAccount, User
from quaysite.oidc import checks
from robots.freshness import SIGNED_IN_AT, is_fresh
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.quaysite.oidc import SUBJECT, Flow, failures, now


@pytest.fixture
def bob(cast: Cast, flow: Flow) -> User:
    """Signed in with a session that is not fresh, and connected to the provider."""
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    flow.browser.force_login(cast.bob)
    set_signed_in(flow, time.time() - 3600)
    return cast.bob


def set_signed_in(flow: Flow, at: float) -> None:
    session = flow.browser.session
    session[SIGNED_IN_AT] = at
    session.save()


CONFIRM = "/oidc/confirm/?next=/admin/robots/robot/"


def test_a_new_sign_in_there_makes_the_session_fresh(flow: Flow, bob: User) -> None:
    page = flow.browser.get("/sign-in/again/?next=/admin/robots/robot/")
    assert CONFIRM.replace("/admin/robots/robot/", "%2Fadmin%2Frobots%2Frobot%2F") in (
        page.content.decode()
    )
    cookie = flow.browser.cookies["sessionid"].value

    back = flow.sign_in(path=CONFIRM, auth_time=now())

    assert back["Location"] == "/admin/robots/robot/"
    assert is_fresh(flow.browser.session)
    assert flow.browser.cookies["sessionid"].value != cookie
    assert flow.signed_in() == "bob"


def test_it_asks_the_provider_for_a_new_sign_in(flow: Flow, bob: User) -> None:
    asked = flow.go(CONFIRM)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"auth_time": None}, "auth_time"),
        ({"auth_time": now() - 3600}, "auth_time"),
        ({"auth_time": "now"}, "auth_time"),
        ({"auth_time": True}, "auth_time"),
        ({"auth_time": now() + 86400}, "auth_time"),
        ({"auth_time": now() * 1000}, "auth_time"),
        ({"sub": "somebody-else", "auth_time": now() + 60}, "account"),
    ],
    ids=[
        "not said",
        "long ago",
        "a text",
        "true",
        "tomorrow",
        "milliseconds",
        "another account",
    ],
)
def test_nothing_less_makes_it_fresh(
    flow: Flow, bob: User, claims: dict[str, Any], check: str
) -> None:
    said = {"sub": claims.get("sub", SUBJECT)}
    back = flow.sign_in(said, CONFIRM, **claims)
    assert back["Location"].startswith("/sign-in/again/?next=")
    assert flow.told(back).count('role="alert"') == 1
    assert not is_fresh(flow.browser.session)
    assert failures() == [("bob", check)]


def test_whoever_else_is_signed_in_by_then_is_not_confirmed(
    cast: Cast, flow: Flow, bob: User
) -> None:
    asked = flow.go(CONFIRM)
    flow.answer(flow.token(asked["nonce"], auth_time=now()))
    session = flow.browser.session
    session["_auth_user_id"] = str(cast.alice.pk)
    session["_auth_user_hash"] = cast.alice.get_session_auth_hash()
    session.save()
    flow.come_back(asked)
    assert not is_fresh(flow.browser.session)
    assert failures() == [("", "session")]


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(None, False), (3600, False), (0, True), (-86400, False)],
    ids=["not said", "long ago", "now", "tomorrow"],
)
def test_a_sign_in_is_as_fresh_as_the_provider_says(
    flow: Flow, age: int | None, fresh: bool
) -> None:
    """Else whoever finds the browser signs out, and in again without being asked."""
    flow.sign_in(auth_time=None if age is None else now() - age)
    assert flow.signed_in()
    assert is_fresh(flow.browser.session) is fresh
    assert flow.browser.session[SIGNED_IN_AT] <= time.time()


def test_only_the_signed_token_says_when(flow: Flow, bob: User) -> None:
    said = {"sub": SUBJECT, "auth_time": now()}
    flow.sign_in(said, CONFIRM)
    assert failures() == [("bob", "auth_time")]
    flow.sign_in(said)
    assert flow.signed_in() == "bob"
    assert not is_fresh(flow.browser.session)


def connect(flow: Flow) -> str:
    """The provider's address that the page leads to, as what it asks."""
    page = flow.browser.post("/sign-in/ways/connect/")
    assert page.status_code == 200
    return page.content.decode().split('href="' + flow.issuer.url)[1].split('"')[0]


def come_back_connected(flow: Flow, subject: str) -> Any:
    query = connect(flow).partition("?")[2].replace("&amp;", "&")
    asked = dict(pair.split("=") for pair in query.split("&"))
    flow.answer(flow.token(asked["nonce"], sub=subject), {"sub": subject})
    return flow.come_back(asked)


def test_people_connect_and_disconnect_their_account(cast: Cast, flow: Flow) -> None:
    flow.browser.force_login(cast.alice)

    back = come_back_connected(flow, "alice-there")

    assert back["Location"] == "/sign-in/ways/"
    assert "You can sign in with" in flow.told(back)
    account = cast.alice.oidc_accounts.get()
    assert account.subject == "alice-there"
    event = AuditEvent.objects.get(kind="user_link_account")
    assert (event.performer_name, event.namespace_name) == ("alice", "alice")

    page = f"/sign-in/ways/{account.pk}/disconnect/"
    assert flow.browser.get(page).status_code == 405
    assert flow.browser.post(page)["Location"] == "/sign-in/ways/"
    assert not OidcAccount.objects.exists()
    assert AuditEvent.objects.get(kind="user_unlink_account").facts["username"] == (
        "alice"
    )


def test_an_account_of_somebody_else_is_not_connected(
    cast: Cast, flow: Flow, bob: User
) -> None:
    flow.browser.force_login(cast.alice)
    back = come_back_connected(flow, SUBJECT)
    assert "connected to a person already" in flow.told(back)
    assert OidcAccount.objects.get().user == cast.bob


def test_connecting_needs_a_token_and_a_fresh_session(cast: Cast, flow: Flow) -> None:
    flow.browser = Client(enforce_csrf_checks=True)
    flow.browser.force_login(cast.alice)
    assert flow.browser.post("/sign-in/ways/connect/").status_code == 403
    flow.browser = Client()
    flow.browser.force_login(cast.alice)
    set_signed_in(flow, 0)
    for page in ("connect", "1/disconnect"):
        stale = flow.browser.post(f"/sign-in/ways/{page}/")
        assert stale["Location"].startswith("/sign-in/again/")


def test_the_only_way_in_and_other_peoples_are_not_taken_away(
    cast: Cast, flow: Flow
) -> None:
    bobs = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    own = link_account(cast.alice, flow.issuer.url, "alice", factories.BY)
    cast.alice.set_unusable_password()
    cast.alice.save()
    flow.browser.force_login(cast.alice)
    for pk in (bobs.pk, 2**63, 10**40):
        gone = flow.browser.post(f"/sign-in/ways/{pk}/disconnect/")
        assert gone.status_code == 404
    back = flow.browser.post(f"/sign-in/ways/{own.pk}/disconnect/")
    assert "only way to sign in" in flow.told(back)
    assert OidcAccount.objects.count() == 2


def test_a_password_that_is_not_accepted_is_no_way_in(
    cast: Cast, flow: Flow, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    own = link_account(cast.alice, flow.issuer.url, "alice", factories.BY)
    flow.browser.force_login(cast.alice)
    back = flow.browser.post(f"/sign-in/ways/{own.pk}/disconnect/")
    assert "only way to sign in: connect another" in flow.told(back)
    assert OidcAccount.objects.exists()


@pytest.mark.parametrize("has_provider", [True, False], ids=["another", "none"])
def test_an_account_of_a_former_provider_is_no_way_in(
    cast: Cast, flow: Flow, settings: Settings, has_provider: bool
) -> None:
    own = link_account(cast.alice, flow.issuer.url, "alice", factories.BY)
    old = "https://old.example.com" if has_provider else flow.issuer.url
    link_account(cast.alice, old, "former", factories.BY)
    settings.OIDC_RP_CLIENT_ID = "quaysite" if has_provider else ""
    cast.alice.set_unusable_password()
    cast.alice.save()
    flow.browser.force_login(cast.alice)
    flow.browser.post(f"/sign-in/ways/{own.pk}/disconnect/")
    assert OidcAccount.objects.count() == 2


@pytest.mark.parametrize(
    "path", ["/sign-in/ways/", "/oidc/confirm/", "/sign-in/ways/connect/"]
)
def test_strangers_are_sent_to_the_sign_in_page(cast: Cast, path: str) -> None:
    ask: Callable[..., Any] = Client().post if "connect" in path else Client().get
    assert ask(path)["Location"].startswith("/sign-in/?next=")


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("link_oidc_account", *arguments, stdout=out)
    return out.getvalue()


def test_operators_connect_accounts_at_the_command_line(cast: Cast, flow: Flow) -> None:
    assert "signs in as bob from now on" in command("bob", SUBJECT)
    event = AuditEvent.objects.get(kind="user_link_account")
    assert event.performer_name == "manage.py link_oidc_account"
    flow.sign_in()
    assert flow.signed_in() == "bob"
    for refused in (["alice", SUBJECT], ["nobody", "x"], ["bob", ""]):
        with pytest.raises(CommandError):
            command(*refused)
    command("bob", SUBJECT, "--remove")
    assert not OidcAccount.objects.exists()


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"OIDC_RP_CLIENT_SECRET": ""}, ["quaysite.E001"]),
        ({"OIDC_ISSUER": "id.example"}, ["quaysite.E002"]),
        ({"OIDC_ISSUER": "https://" + "a" * 250 + ".example"}, ["quaysite.E002"]),
        ({"OIDC_SCOPES": "email"}, ["quaysite.E003"]),
        ({"OIDC_TEAM_GROUPS": ["a=b/c", "a=b"]},
         ["quaysite.E004", "quaysite.W001"]),
        ({"OIDC_STAFF_GROUPS": ["a"]}, ["quaysite.W001"]),
        ({"OIDC_SUPERUSER_GROUPS": ["a"]}, ["quaysite.W001"]),
        ({"OIDC_TEAM_GROUPS": ["a=b/c"]}, ["quaysite.W001"]),
        ({"OIDC_STAFF_GROUPS": ["a"], "OIDC_ISSUER": ""}, ["quaysite.E001"]),
        ({"OIDC_STAFF_GROUPS": ["a"], "OIDC_GROUPS_CLAIM": "groups"}, []),
        ({"OIDC_ISSUER": "", "OIDC_PASSWORD_SIGN_IN": False},
         ["quaysite.E001", "quaysite.E005"]),
    ],
)  # fmt: skip
def test_half_a_provider_is_said_at_the_start(
    settings: Settings, changes: dict[str, Any], ids: list[str]
) -> None:
    settings.OIDC_ISSUER = "https://id.example"
    settings.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_SECRET = "x"
    for name, value in changes.items():
        setattr(settings, name, value)
    every = (
        checks.check_complete,
        checks.check_issuer,
        checks.check_scopes,
        checks.check_team_groups,
        checks.check_groups_claim,
        checks.check_somebody_may_sign_in,
    )
    assert [message.id for check in every for message in check()] == ids
