"""What an account at the provider began ends with the account."""

from typing import Any

from django.test import Client

from quaysite.lifecycle.oidc_accounts import link_account, unlink_account
from quaysite.models import OidcAccount, User
from tests import factories
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.oidc import SUBJECT, Flow, now

WAYS = "/sign-in/ways/"


def disconnect(browser: Client, account: OidcAccount) -> Any:
    return browser.post(f"{WAYS}{account.pk}/disconnect/")


def with_password(browser: Client) -> Client:
    browser.post("/sign-in/", {"username": "bob", "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    """Over the API, and on the pages."""
    by_api = browser.get("/api/v1/user/").status_code == 200
    assert (browser.get(WAYS).status_code == 200) is by_api
    return by_api


def test_sessions_end_of_who_has_no_password(flow: Flow) -> None:
    flow.sign_in({"sub": SUBJECT, "preferred_username": "kim"})
    kim = User.objects.get(username="kim")
    otherwise = Client()
    otherwise.force_login(kim)
    unlink_account(OidcAccount.objects.get(), factories.BY)
    assert not is_in(flow.browser)
    assert not is_in(otherwise)
    kim.refresh_from_db()
    assert not kim.has_usable_password()


def test_the_accounts_sessions_end_of_who_has_one(cast: Cast, flow: Flow) -> None:
    account = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    by_password = with_password(Client())
    flow.sign_in()
    assert is_in(flow.browser)

    unlink_account(account, factories.BY)

    assert not is_in(flow.browser)
    assert is_in(by_password)
    # Connected once more, to whomever: the old sessions stay ended.
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    assert not is_in(flow.browser)


def test_a_session_is_not_the_accounts_after_the_password(
    cast: Cast, flow: Flow
) -> None:
    account = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    flow.sign_in()
    token = flow.browser.get("/csrf_token").json()["csrf_token"]
    signed_in = flow.browser.post(
        "/api/v1/signin",
        {"username": "bob", "password": PASSWORD},
        content_type="application/json",
        headers={"X-CSRF-Token": token},
    )
    assert signed_in.status_code == 200
    unlink_account(account, factories.BY)
    assert is_in(flow.browser)


def test_ones_own_session_goes_on_if_another_way_began_it(
    cast: Cast, flow: Flow
) -> None:
    account = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    browser = with_password(Client())
    assert disconnect(browser, account)["Location"] == WAYS
    assert is_in(browser)


def test_ones_own_session_goes_on_if_another_account_began_it(flow: Flow) -> None:
    flow.sign_in({"sub": SUBJECT, "preferred_username": "kim"}, auth_time=now())
    kim = User.objects.get(username="kim")
    other = link_account(kim, flow.issuer.url, "other", factories.BY)
    thief = Client()
    thief.force_login(kim)
    disconnect(flow.browser, other)
    assert not OidcAccount.objects.filter(pk=other.pk).exists()
    assert is_in(flow.browser)
    assert not is_in(thief)


def test_ones_own_session_ends_with_the_account_that_began_it(
    cast: Cast, flow: Flow
) -> None:
    account = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    flow.sign_in(auth_time=now())
    back = disconnect(flow.browser, account)
    assert "The account is disconnected." in flow.told(back)
    assert not is_in(flow.browser)
