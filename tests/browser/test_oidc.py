"""Signing in with a certified OpenID provider, in a browser."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings

from quaysite.models import User
from quaysite.oidc import provider as known_provider
from robots.models import AuditEvent, TeamMember
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.guard import Guard
from tests.conftest import Cast
from tests.e2e.provider import Provider

KIM = {
    "preferred_username": "kim",
    "email": "kim@example.com",
    "email_verified": True,
    "groups": ["devs"],
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with Provider(tmp_path_factory.mktemp("provider")).running() as provider:
        yield provider


@pytest.fixture
def sso(provider: Provider, site: str, settings: Settings) -> Iterator[Provider]:
    """The site is a client of the provider."""
    client = provider.register(
        redirect_uris=[f"{site}/oidc/callback/"],
        token_endpoint_auth_method="client_secret_post",
        access_token_for_userinfo=True,
        application_type="native",  # Plain HTTP, on the loopback address.
    )
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.OIDC_ISSUER = provider.issuer
    settings.OIDC_RP_CLIENT_ID = client.name
    settings.OIDC_RP_CLIENT_SECRET = client.secret
    settings.OIDC_NAME = "Example ID"
    settings.OIDC_TEAM_GROUPS = ["devs=acme/developers"]
    known_provider.forget()
    yield provider
    known_provider.forget()


@pytest.fixture
def guard(site: str, provider: Provider) -> Iterator[Guard]:
    """Watches the site's pages; the provider's, and what it loads, are its own."""
    guard = _SiteGuard(urlsplit(site).netloc)
    yield guard
    assert guard.complaints == []


class _SiteGuard(Guard):
    """Complains of nothing that happens on the pages of another host."""

    def watch(self, page: Page) -> None:
        def is_ours(event: object = None) -> bool:
            return urlsplit(page.url).netloc in {self.host, ""}

        page.on("console", lambda m: self._console(m) if is_ours() else None)
        page.on("response", lambda r: self._response(r) if is_ours() else None)


def sign_in_there(page: Page, login: str) -> None:
    """The provider's own pages: who one is, and that the site may know."""
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.wait_for_load_state()
    if page.locator("input[name=prompt][value=consent]").count():
        page.click("button[type=submit]")


def start(page: Page, path: str = "/admin/robots/team/") -> None:
    page.goto(f"/sign-in/?next={path}")
    page.click("text=Sign in with Example ID")


def new_context(browser: Browser, site: str) -> BrowserContext:
    context = browser.new_context(base_url=site, locale="en-US", timezone_id="UTC")
    context.set_default_timeout(10_000)
    return context


def test_somebody_new_and_known_with_a_group_that_comes_and_goes(
    cast: Cast, sso: Provider, browser: Browser, site: str, page: Page
) -> None:
    sso.know("kim-1", **KIM)
    page.goto("/sign-in/?next=/admin/robots/team/")
    assert violations(page) == []
    page.click("text=Sign in with Example ID")
    sign_in_there(page, "kim-1")

    expect(page).to_have_url(re.compile("/admin/robots/team/$"))
    expect(page.locator("#result_list")).to_contain_text("developers")
    kim = User.objects.get(username="kim")
    assert kim.email == "kim@example.com"
    assert TeamMember.objects.filter(team=cast.team, user=kim).exists()

    sso.know("kim-1", **{**KIM, "groups": []})
    with new_context(browser, site) as elsewhere:
        again = elsewhere.new_page()
        start(again)
        sign_in_there(again, "kim-1")
        expect(again).to_have_url(re.compile("/admin/robots/team/"))
        expect(again.locator("body")).not_to_contain_text("developers")
    assert not TeamMember.objects.filter(team=cast.team, user=kim).exists()
    assert User.objects.filter(username__startswith="kim").count() == 1


def test_an_address_that_somebody_has_is_refused(
    cast: Cast, sso: Provider, page: Page
) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="kim@example.com")
    sso.know("kim-2", **KIM)
    start(page)
    sign_in_there(page, "kim-2")

    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.get_by_role("alert")).to_contain_text("not connected to Example ID")
    assert violations(page) == []
    assert User.objects.count() == 3
    (event,) = AuditEvent.objects.filter(kind="login_failure")
    assert event.facts["check"] == "email"


def test_people_connect_their_account_and_confirm_with_it(
    cast: Cast, sso: Provider, sign_in: SignIn, settings: Settings
) -> None:
    sso.know("bob-there", preferred_username="bob", groups=["devs"])
    page = sign_in(cast.bob)
    page.goto("/sign-in/ways/")
    assert violations(page) == []
    page.click("text=Connect Example ID")
    page.click("text=Continue to Example ID")
    sign_in_there(page, "bob-there")
    expect(page.get_by_role("listitem").filter(has_text="Connected")).to_contain_text(
        "bob-there"
    )
    assert cast.bob.oidc_accounts.get().subject == "bob-there"
    assert violations(page) == []

    settings.FRESH_LOGIN_TIMEOUT = -1
    page.goto("/sign-in/again/?next=/admin/robots/robot/")
    assert violations(page) == []
    settings.FRESH_LOGIN_TIMEOUT = 600
    page.click("text=Confirm with Example ID")
    sign_in_there(page, "bob-there")
    expect(page).to_have_url(re.compile("/admin/robots/robot/$"))
