"""Organizations, their teams and default permissions, in a browser."""

import re

from playwright.sync_api import Page, expect

from robots.models import DefaultPermission, Namespace, TeamMember
from robots.roles import Role
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast

PHONE = 375
"""Pixels."""


def choose(page: Page, label: str, typed: str, name: str) -> None:
    """Choose in a box that asks the server what there is."""
    box = page.get_by_label(label, exact=True)
    box.locator("xpath=following-sibling::span").first.click()
    page.locator(".select2-search__field").last.fill(typed)
    page.locator(".select2-results__option", has_text=name).click()


def fits(page: Page) -> bool:
    """Whether a phone shows the page without scrolling sideways."""
    page.set_viewport_size({"width": PHONE, "height": 740})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide <= PHONE


def test_a_person_creates_an_organization_and_deletes_it(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.charlie, "/admin/robots/namespace/")
    expect(page.get_by_text("You are in no organization yet.")).to_be_visible()
    page.get_by_role("link", name="Create organization").click()
    page.get_by_label("Name").fill("Bad Name")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Namespace must match expression").first).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Name").fill("initech")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/admin/robots/robot/\?namespace=initech$"))
    expect(page.get_by_text("Organization initech has been created.")).to_be_visible()

    page.get_by_role("link", name="Settings", exact=True).click()
    assert violations(page) == []
    page.get_by_role("link", name="Delete organization").click()
    expect(page.get_by_role("heading", name="What will be lost")).to_be_visible()
    page.get_by_label("Type initech to confirm").fill("acme")
    page.get_by_role("button", name="Delete initech").click()
    expect(page.get_by_text("Type exactly initech")).to_be_visible()
    assert violations(page) == []
    assert fits(page)
    page.get_by_label("Type initech to confirm").fill("initech")
    page.get_by_role("button", name="Delete initech").click()
    expect(page.get_by_text("Organization initech has been deleted.")).to_be_visible()
    assert not Namespace.objects.filter(name="initech").exists()


def test_an_administrator_makes_a_team_and_puts_people_and_robots_in_it(
    cast: Cast, sign_in: SignIn
) -> None:
    other = factories.organization("other", owner=cast.alice)
    factories.robot(other, "ci-elsewhere")
    page = sign_in(cast.alice, "/admin/robots/namespace/")
    page.locator("#result_list").get_by_role("link", name="acme").click()
    page.get_by_role("link", name="Teams and membership").click()
    assert violations(page) == []
    page.get_by_role("link", name="Create team").click()
    page.get_by_label("Name").fill("ops")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nobody is in ops yet")).to_be_visible()

    page.get_by_label("Person").fill("nobody")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_text("There is no user called nobody.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Person").fill("charlie")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_text("charlie has been added to team ops.")).to_be_visible()
    choose(page, "Robot account", "ci", "acme+ci")
    page.get_by_role("button", name="Add robot account").click()
    expect(page.get_by_text("acme+ci has been added to team ops.")).to_be_visible()
    page.get_by_role("button", name="Remove charlie from ops").click()
    expect(page.get_by_text("charlie has been removed from team ops.")).to_be_visible()

    assert violations(page) == []
    assert fits(page)
    rows = TeamMember.objects.filter(team__name="ops")
    assert [row.robot for row in rows] == [cast.ci]


def test_the_box_of_robots_offers_those_of_the_organization(
    cast: Cast, sign_in: SignIn
) -> None:
    other = factories.organization("other", owner=cast.alice)
    factories.robot(other, "ci-elsewhere")
    page = sign_in(cast.alice, f"/admin/robots/team/{cast.team.pk}/members/")
    box = page.get_by_label("Robot account", exact=True)
    box.locator("xpath=following-sibling::span").first.click()
    options = page.locator(".select2-results__option")
    expect(options).to_have_text(["acme+ci", "acme+reader"])


def test_an_administrator_sets_what_new_repositories_grant(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, "/admin/robots/defaultpermission/?namespace=acme")
    expect(page.get_by_text("There is nothing here yet")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Create default permission").first.click()
    page.get_by_label("Creating user").fill("bob")
    choose(page, "Team", "dev", "developers")
    page.get_by_label("Role").select_option("write")
    assert violations(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result_list")).to_contain_text("developers (team)")
    expect(page.locator("#result_list")).to_contain_text("bob")

    row = DefaultPermission.objects.get()
    assert (row.namespace, row.creator_user, row.team, row.role) == (
        cast.acme,
        cast.bob,
        cast.team,
        Role.WRITE,
    )


def test_a_member_looks_and_finds_nothing_to_press(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob, "/admin/robots/namespace/")
    page.locator("#result_list").get_by_role("link", name="acme").click()
    page.get_by_role("link", name="Teams and membership").click()
    expect(page.get_by_role("link", name="Create team")).to_have_count(0)
    page.locator("#result_list").get_by_role("link", name="developers").click()
    expect(page.get_by_role("row", name="bob Person")).to_be_visible()
    expect(page.locator("main").get_by_role("button", name="Remove")).to_have_count(0)
    page.goto(f"/admin/robots/namespace/{cast.acme.pk}/change/")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("link", name="Delete organization")).to_have_count(0)
    assert violations(page) == []
