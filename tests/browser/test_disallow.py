"""Robots are stopped and let go on, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.lifecycle.switches import Terms, turn_on
from robots.models import EmergencySwitch
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast
from tests.registryauth.conftest import endpoint
from tests.registryauth.endpoint import Endpoint, basic

__all__ = ["endpoint"]

DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."


def banner(page: Page) -> str:
    return page.get_by_role("status").filter(has_text="are stopped").inner_text()


@pytest.fixture
def root(cast: Cast) -> User:
    return factories.user("root", is_staff=True, is_superuser=True)


def test_the_whole_site_is_stopped_after_a_second_look(
    cast: Cast, root: User, sign_in: SignIn, endpoint: Endpoint
) -> None:
    page = sign_in(root, "/admin/")
    page.get_by_role("link", name="Emergency switch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Emergency switch")
    assert violations(page) == []

    page.get_by_role("button", name="Review and stop all robot accounts").click()
    expect(page.locator("#id_reason")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Reason").fill("A token was published")
    page.get_by_label("Robot accounts that go on working").fill("acme+reader")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("of the whole site?")).to_be_visible()
    assert violations(page) == []

    word = page.get_by_label("Type confirm to stop them")
    word.fill("confrm")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Type the word confirm.")).to_be_visible()
    assert not EmergencySwitch.objects.exists()
    word.fill("confirm")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The emergency switch of the site is on.")).to_be_visible()
    assert "none but 1 may be created or log in" in banner(page)
    assert violations(page) == []
    refused = endpoint.get(login=basic("acme+ci", cast.ci_secret))
    assert DISALLOWED in refused.content.decode()
    spared = endpoint.get(login=basic("acme+reader", cast.reader_secret))
    assert spared.status_code == 200


def test_the_banner_leads_to_the_switch_which_is_turned_off(
    cast: Cast, root: User, sign_in: SignIn, endpoint: Endpoint
) -> None:
    turn_on(None, Terms("A token was published"), factories.BY)
    page = sign_in(root, "/admin/robots/namespace/")
    assert "A token was published" in banner(page)
    page.get_by_role("status").get_by_role("link", name="Emergency switch").click()
    page.get_by_role("button", name="Turn off: let them work again").click()
    expect(page.get_by_text("The emergency switch of the site is off.")).to_be_visible()
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.get(login=login).status_code == 200


def test_an_administrator_stops_the_own_organization(
    cast: Cast, sign_in: SignIn
) -> None:
    settings_page = f"/admin/robots/namespace/{cast.acme.pk}/change/"
    page = sign_in(cast.alice, settings_page)
    page.get_by_role("link", name="Emergency switch").click()
    assert violations(page) == []
    page.set_viewport_size({"width": 375, "height": 800})
    page.get_by_label("Reason").fill("Rotating everything")
    page.get_by_label("Ends at").fill("2030-01-31T18:00")
    page.get_by_role("button", name="Stop the robot accounts of acme").click()
    expect(page.get_by_text("The emergency switch of acme is on.")).to_be_visible()
    assert EmergencySwitch.objects.get().namespace == cast.acme
    assert "until Jan. 31, 2030, 6 p.m." in banner(page)
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 375


def test_members_are_told_and_find_no_switch(cast: Cast, sign_in: SignIn) -> None:
    turn_on(cast.acme, Terms("Rotating everything"), factories.BY)
    page = sign_in(cast.bob, "/admin/robots/robot/?namespace=acme")
    assert "Rotating everything" in banner(page)
    expect(page.get_by_role("link", name="Emergency switch")).to_have_count(0)
    assert violations(page) == []


def test_the_banner_says_that_the_setting_is_on(
    cast: Cast, sign_in: SignIn, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    page = sign_in(cast.alice, "/admin/")
    expect(page).to_have_url(re.compile("/admin/$"))
    assert "ROBOTS_DISALLOW is set" in banner(page)
    assert violations(page) == []
