"""A real browser in front of a real server. Every page is watched by a Guard."""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from quaysite.models import User
from tests.browser.guard import Guard

PASSWORD = "a-pass-word-1"

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("chromium is missing: apt-get install chromium")
    # Playwright runs an event loop in this thread, in which Django refuses queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    """The address of the site; plain HTTP, so without cookies that ask for HTTPS."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SECURE_SSL_REDIRECT = False
    return live_server.url


@pytest.fixture
def guard(site: str) -> Iterator[Guard]:
    """Fails the test in the end if any page did what none may do."""
    guard = Guard(urlsplit(site).netloc)
    yield guard
    assert guard.complaints == []


@pytest.fixture
def context(browser: Browser, site: str, guard: Guard) -> Iterator[BrowserContext]:
    """A browser without any cookie; paths are of the site."""
    context = browser.new_context(
        base_url=site, locale="en-US", timezone_id="UTC", accept_downloads=True
    )
    context.set_default_timeout(10_000)
    context.on("page", guard.watch)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab in which nobody is signed in."""
    return context.new_page()


@pytest.fixture
def sign_in(page: Page) -> SignIn:
    """Sign `user` in by the form, and land on `path`."""

    def sign_in(user: User, path: str = "/admin/") -> Page:
        user.set_password(PASSWORD)
        user.save()
        page.goto(f"/sign-in/?next={path}")
        page.fill("input[name=username]", user.username)
        page.fill("input[name=password]", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    return sign_in
