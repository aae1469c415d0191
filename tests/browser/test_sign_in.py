"""Signing in with a password, in a browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast


def test_a_person_lands_where_the_link_led(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob, "/admin/robots/namespace/")
    expect(page).to_have_url(re.compile("/admin/robots/namespace/$"))
    expect(page.locator("#result_list")).to_contain_text("acme")
    assert violations(page) == []


def test_the_page_to_sign_in_can_be_used_by_anybody(cast: Cast, page: Page) -> None:
    page.goto("/sign-in/")
    assert violations(page) == []
    page.fill("input[name=username]", "alice")
    page.fill("input[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".errornote").first).to_be_visible()
    assert violations(page) == []
