"""Setting repository permissions in bulk, as the documentation tells it."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from robots.models import Repository, RepositoryPermission, Robot, Team
from robots.roles import Role
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast

SAVED = "Successfully updated repository permission."


def held_by(robot: Robot) -> dict[str, Role]:
    rows = robot.repository_permissions.values_list("repository__name", "role")
    return {name: Role(role) for name, role in rows}


def review(page: Page) -> None:
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_role("heading", name="Review the changes")).to_be_visible()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(SAVED, exact=True).first).to_be_visible()


def select(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(f"Select {name}", exact=True).check()


def set_role(page: Page, role: str) -> None:
    page.get_by_label("Role for the selected").select_option(label=role)


def listed(page: Page) -> Locator:
    return page.locator("table.qs-roles tbody tr")


def test_a_robot_is_added_to_the_repositories_whose_boxes_are_checked(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, "/admin/robots/namespace/")
    page.get_by_role("link", name="acme", exact=True).first.click()
    page.get_by_role("link", name="Robot accounts", exact=True).last.click()
    robot = page.locator("#result_list tr.data-row", has_text="acme+ci")
    expect(robot.locator(".field-repositories").first).to_have_text("1")
    robot.get_by_role("button", name="Menu of acme+ci").click()
    robot.get_by_role("link", name="Set repository permissions").click()
    expect(
        page.get_by_role("heading", name="Set repository permissions")
    ).to_be_visible()
    assert violations(page) == []

    select(page, "api", "public")
    set_role(page, "Read")
    review(page)
    added = page.get_by_role("table", name="Added")
    expect(added.locator("tbody tr")).to_have_text(
        [re.compile(r"api\s*None\s*Read"), re.compile(r"public\s*None\s*Read")]
    )
    assert violations(page) == []
    assert held_by(cast.ci) == {"web": Role.WRITE}
    save(page)

    expect(page).to_have_url(re.compile(f"/robot/{cast.ci.pk}/permissions/$"))
    assert held_by(cast.ci) == {
        "web": Role.WRITE,
        "api": Role.READ,
        "public": Role.READ,
    }
    page.get_by_role("link", name="Robot accounts", exact=True).last.click()
    expect(robot.locator(".field-repositories").first).to_have_text("3")


def test_all_that_match_are_selected_over_two_pages(
    cast: Cast, sign_in: SignIn
) -> None:
    Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=f"tools/{number:03}")
        for number in range(60)
    )
    page = sign_in(cast.alice, f"/admin/robots/robot/{cast.ci.pk}/permissions/")
    page.get_by_label("Search", exact=True).fill("tools")
    page.get_by_label("Search", exact=True).press("Enter")
    expect(listed(page)).to_have_count(50)
    page.get_by_label("Select all 60 that match").check()
    expect(page.get_by_text("all 60 that match selected")).to_be_visible()
    page.get_by_role("button", name="Page 2").click()
    expect(listed(page)).to_have_count(10)
    expect(page.get_by_label("Select all 60 that match")).to_be_checked()
    set_role(page, "Admin")
    review(page)
    expect(page.get_by_role("heading", name="Added 60")).to_be_visible()
    save(page)
    assert len(held_by(cast.ci)) == 61


def test_ticks_and_roles_outlive_paging_and_the_review(
    cast: Cast, sign_in: SignIn
) -> None:
    Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=f"tools/{number:03}")
        for number in range(60)
    )
    page = sign_in(cast.alice, f"/admin/robots/robot/{cast.ci.pk}/permissions/")
    select(page, "api")
    page.get_by_label("Role on public", exact=True).select_option(label="Write")
    expect(page.get_by_text("1 repository selected, 1 role chosen")).to_be_visible()
    page.get_by_role("button", name="Page 2").click()
    select(page, "web")
    expect(page.get_by_text("2 repositories selected, 1 role chosen")).to_be_visible()
    set_role(page, "None")
    review(page)
    expect(page.get_by_role("table", name="Removed").locator("tbody tr")).to_have_text(
        [re.compile(r"web\s*Write\s*None")]
    )
    page.get_by_role("button", name="Back to the list").click()
    expect(page.get_by_label("Select web", exact=True)).to_be_checked()
    page.get_by_label("Select every repository of this page").check()
    expect(page.get_by_text("14 repositories selected")).to_be_visible()
    page.get_by_label("Select every repository of this page").uncheck()
    select(page, "web")
    review(page)
    save(page)
    assert held_by(cast.ci) == {"public": Role.WRITE}


def test_a_grant_for_a_time(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, f"/admin/robots/robot/{cast.ci.pk}/permissions/")
    page.get_by_label("Role on api", exact=True).select_option(label="Read")
    end = page.get_by_label("Ends (optional)")
    end.fill("2020-01-01T10:00")
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_text("This time has passed")).to_be_visible()
    expect(page.get_by_label("Role on api", exact=True)).to_have_value("read")
    assert violations(page) == []
    end.fill("2040-01-01T10:00")
    review(page)
    expect(page.get_by_text("Read until 1 Jan 2040 10:00")).to_be_visible()
    save(page)
    stored = RepositoryPermission.objects.get(robot=cast.ci, repository=cast.api)
    assert stored.expires_at == datetime(2040, 1, 1, 10, tzinfo=UTC)
    expect(listed(page).first).to_contain_text("until 1 Jan 2040 10:00")


def test_the_pages_of_a_team_can_be_used_on_a_phone_in_the_dark(
    cast: Cast, sign_in: SignIn, page: Page
) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    page.emulate_media(color_scheme="dark")
    team: Team = cast.team
    sign_in(cast.alice, f"/admin/robots/team/{team.pk}/permissions/")
    assert violations(page) == []
    page.get_by_label("Select all 3 that match").check()
    set_role(page, "Write")
    review(page)
    assert violations(page) == []
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 375
    save(page)
    assert team.repository_permissions.filter(role=Role.WRITE).count() == 3
