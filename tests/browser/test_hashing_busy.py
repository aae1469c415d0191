"""Too many passwords at once, in a browser: what people read, and how they go on."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.fixtures import Settings

from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD, SignIn
from tests.browser.guard import Guard
from tests.conftest import Cast
from tests.quaysite.passwords import NEW, NOTE, bound_hashes, busy

LIST = "/admin/robots/namespace/"


@pytest.fixture(autouse=True)
def one_at_a_time(settings: Settings, guard: Guard) -> None:
    bound_hashes(settings)
    guard.statuses.add(429)


def note(page: Page) -> Locator:
    return page.get_by_role("alert")


def assert_that_it_asks_again(page: Page, field: str = "password") -> None:
    """Says so and when, keeps no password, and is ready for one to be typed."""
    expect(note(page)).to_have_count(1)
    expect(page.locator(f"input[name={field}]")).to_be_focused()
    expect(note(page)).to_contain_text(NOTE)
    expect(note(page)).to_contain_text("Try again in a few seconds.")
    for secret in page.locator("input[type=password]").all():
        expect(secret).to_have_value("")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []


def test_who_signs_in_types_the_password_again_and_nothing_else(
    cast: Cast, page: Page
) -> None:
    cast.bob.set_password(PASSWORD)
    cast.bob.save()
    page.goto(f"/sign-in/?next={LIST}")
    page.fill("input[name=username]", "bob")
    page.fill("input[name=password]", PASSWORD)
    with busy():
        page.keyboard.press("Enter")
        assert_that_it_asks_again(page)
    expect(page.locator("input[name=username]")).to_have_value("bob")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{LIST}$"))


def test_who_confirms_it_comes_back_to_where_it_was_asked_for(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.bob)
    page.goto(f"/sign-in/again/?next={LIST}")
    expect(page.locator("input[name=password]")).to_be_focused()
    with busy():
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        assert_that_it_asks_again(page)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{LIST}$"))


def test_who_changes_the_password_reads_that_it_is_the_old_one_still(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.bob, "/admin/password_change/")
    wanted = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    def send() -> None:
        for name, value in wanted.items():
            page.fill(f"input[name={name}]", value)
        page.keyboard.press("Enter")

    with busy():
        send()
        assert_that_it_asks_again(page, "old_password")
        expect(note(page)).to_contain_text("Nothing was changed.")
    send()
    expect(page).to_have_url(re.compile("/password_change/done/$"))


def test_a_page_of_the_admin_is_sent_again_by_going_back(
    cast: Cast, sign_in: SignIn
) -> None:
    cast.alice.is_superuser = cast.alice.is_staff = True
    page = sign_in(cast.alice, "/admin/quaysite/user/add/")

    def send() -> None:
        page.fill("input[name=password1]", NEW)
        page.fill("input[name=password2]", NEW)
        page.click("button[name=_save]")

    page.fill("input[name=username]", "erin")
    with busy():
        send()
        text = page.get_by_role("main")
        expect(text).to_contain_text("Nothing was changed.")
        expect(text).to_contain_text("in a few seconds")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []
    page.go_back()
    expect(page.locator("input[name=username]")).to_have_value("erin")
    send()
    expect(page).to_have_url(re.compile(r"/user/\d+/change/$"))
