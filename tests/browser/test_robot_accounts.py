"""Robot accounts in a browser: created, looked into, switched and deleted."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from robots.lifecycle.permissions import grant
from robots.models import RepositoryPermission, Robot, TeamMember
from robots.roles import Role
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast

LIST = "/admin/robots/robot/?namespace=acme"
NARROW = {"width": 375, "height": 800}


def open_form(page: Page) -> None:
    """As the documentation has it: from the organization's tab."""
    page.goto("/admin/robots/repository/?namespace=acme")
    page.get_by_role("link", name="Robot accounts").last.click()
    page.get_by_role("link", name="Create robot account").first.click()


def add_repositories(page: Page) -> None:
    """By the button and by Enter; one is taken out again, one does not exist."""
    box, add = page.get_by_label("Add a repository"), page.locator("[data-add]")
    box.fill("web")
    page.get_by_label("Its role").select_option("write")
    add.click()
    box.fill("api")
    box.press("Enter")
    expect(page.get_by_label("Role on api")).to_have_value("write")
    page.get_by_label("Role on api").select_option("admin")
    box.fill("public")
    add.click()
    page.get_by_role("button", name="Take out public").click()
    box.fill("nothing")
    add.click()
    expect(page.locator("#typed-errors")).to_contain_text("no repository nothing")
    box.fill("")


def test_a_robot_account_is_created_with_a_team_repositories_and_an_end(
    cast: Cast, sign_in: SignIn
) -> None:
    end = (timezone.now() + timedelta(days=30)).replace(second=0, microsecond=0)
    page = sign_in(cast.alice)
    open_form(page)
    assert violations(page) == []
    page.get_by_label("Name", exact=True).press_sequentially("robot1")
    expect(page.locator("#full-name")).to_have_text("acme+robot1")
    page.get_by_role("textbox", name="Description").fill("builds")
    page.get_by_label("developers").check()
    add_repositories(page)
    page.get_by_label("Expires").fill(end.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Continue to review").click()

    check_review_and_way_back(page)
    assert not Robot.objects.filter(name="robot1").exists()
    page.get_by_role("button", name="Review and finish").click()

    expect(page.locator("body")).to_contain_text(
        "Successfully created robot account with robot name: acme + robot1."
    )
    expect(page.locator("#result_list")).to_contain_text("acme+robot1")
    robot = Robot.objects.get(name="robot1")
    rows = RepositoryPermission.objects.filter(robot=robot)
    roles = {("web", Role.WRITE), ("api", Role.ADMIN)}
    assert set(rows.values_list("repository__name", "role")) == roles
    assert TeamMember.objects.filter(robot=robot, team=cast.team).exists()
    assert robot.expires_at == end
    page.get_by_role("link", name="Show its credentials").click()
    expect(page).to_have_url(re.compile(f"/robot/{robot.pk}/credentials/"))


def check_review_and_way_back(page: Page) -> None:
    """Back keeps everything; afterwards the review is shown again."""
    expect(page.locator("#content-main")).to_contain_text("acme+robot1")
    assert violations(page) == []
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("textbox", name="Description")).to_have_value("builds")
    expect(page.get_by_label("developers")).to_be_checked()
    expect(page.get_by_label("Role on api")).to_have_value("admin")
    page.get_by_role("button", name="Continue to review").click()


def test_a_duplicate_is_an_error_and_the_form_keeps_what_was_typed(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice)
    open_form(page)
    page.get_by_label("Name", exact=True).fill("ci")
    page.get_by_role("textbox", name="Description").fill("kept")
    page.get_by_role("button", name="Continue to review").click()

    expect(page.get_by_role("alert")).to_contain_text("Error creating robot account.")
    expect(page.locator("#name-errors")).to_have_text(
        "Existing robot with name: acme+ci"
    )
    expect(page.get_by_role("textbox", name="Description")).to_have_value("kept")
    assert violations(page) == []


def test_creating_while_robots_are_disallowed_says_so(
    cast: Cast, sign_in: SignIn, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    page = sign_in(cast.alice)
    open_form(page)
    page.get_by_label("Name", exact=True).fill("robot1")
    page.get_by_role("button", name="Continue to review").click()

    expect(page.get_by_role("alert")).to_have_text(
        "Cannot create robot account. Robot accounts have been disabled. Please"
        " contact your administrator."
    )


def test_a_row_opens_and_its_menu_is_used_by_keyboard(
    cast: Cast, sign_in: SignIn
) -> None:
    cast.ci.description = "builds every branch"
    cast.ci.save()
    page = sign_in(cast.alice, LIST)
    detail = page.locator(f"#detail-{cast.ci.pk}")
    expect(detail).to_be_hidden()
    opener = page.get_by_role("button", name="Expand acme+ci")
    opener.focus()
    page.keyboard.press("Enter")
    expect(detail).to_contain_text("web write")
    expect(page.get_by_role("button", name="Collapse acme+ci")).to_be_focused()

    page.get_by_role("button", name="Menu of acme+ci").focus()
    page.keyboard.press("Enter")
    menu = page.locator(f"#menu-{cast.ci.pk}")
    lines = menu.locator(".qs-menu__line")
    expect(lines.first).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.keyboard.press("Enter")
    while lines.filter(has_text="Disable").evaluate(
        "e => e !== document.activeElement"
    ):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("body")).to_contain_text("Robot acme+ci is disabled.")
    expect(page).to_have_url(LIST)
    cast.ci.refresh_from_db()
    assert not cast.ci.enabled


def test_robot_accounts_are_deleted_by_typing_confirm(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, LIST)
    for box in page.locator("input[name=_selected_action]").all():
        box.check()
    page.locator("select[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#content-main")).to_contain_text("acme+reader")
    assert violations(page) == []
    page.get_by_label("Type confirm").fill("yes")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#confirm-errors")).to_contain_text("Nothing was deleted")
    assert Robot.objects.filter(namespace=cast.acme).count() == 2
    page.get_by_label("Type confirm").fill("confirm")
    page.get_by_role("button", name="Delete", exact=True).click()

    expect(page.locator("body")).to_contain_text("Deleted: acme+ci, acme+reader.")
    assert not Robot.objects.filter(namespace=cast.acme).exists()


def test_the_pages_can_be_used_on_a_telephone(cast: Cast, sign_in: SignIn) -> None:
    for n in range(3):
        grant(
            factories.repository(cast.acme, f"r{n}"), cast.ci, Role.READ, factories.BY
        )
    page = sign_in(cast.alice, LIST)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for path in (
        LIST,
        "/admin/robots/robot/add/?namespace=acme",
        f"/admin/robots/robot/{cast.ci.pk}/change/",
        f"/admin/robots/robot/{cast.ci.pk}/delete/",
    ):
        page.goto(path)
        wide = "() => document.documentElement.scrollWidth > innerWidth"
        assert not page.evaluate(wide), path
        assert violations(page) == [], path
