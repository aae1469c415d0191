"""Whoever guesses passwords, in a browser: what is read, and that it ends."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD
from tests.browser.guard import Guard
from tests.clock import WINDOW, standing_clock
from tests.conftest import Cast


def test_the_page_says_when_to_come_back(
    cast: Cast, page: Page, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = standing_clock(monkeypatch)
    guard.statuses.add(429)
    cast.bob.set_password(PASSWORD)
    cast.bob.save()
    page.goto("/sign-in/?next=/admin/")

    def send(password: str) -> None:
        page.fill("input[name=username]", "bob")
        page.fill("input[name=password]", password)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    for number in range(10):
        send(f"guess {number}")
    for password in ("guess 10", PASSWORD):
        send(password)
        note = page.get_by_role("alert")
        expect(note).to_have_count(1)
        expect(note).to_contain_text("Try again in 5 minutes")
        expect(page.locator("input[name=username]")).to_have_value("bob")
        expect(page.locator("input[name=password]")).to_be_focused()
        expect(page.locator("input[name=password]")).to_have_value("")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    clock.move(WINDOW)
    send(PASSWORD)
    expect(page).to_have_url(re.compile("/admin/$"))
