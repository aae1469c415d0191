"""What nobody used, looked at in a browser, from the organization's settings."""

import pytest
from playwright.sync_api import expect

from robots.lifecycle.permissions import grant
from robots.roles import Role
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.crawl import NARROW
from tests.conftest import Cast

OLD, RECENT = 91, 89


@pytest.fixture
def world(cast: Cast) -> Cast:
    """Each kind of line is on the page."""
    factories.team(cast.acme, "nobody")
    cast.api.mirror_robot = cast.ci
    cast.api.save()
    grant(cast.public, cast.reader, Role.READ, factories.BY)
    grant(cast.api, cast.ci, Role.WRITE, factories.BY)
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    factories.use(cast.web, cast.reader, "pull", OLD)
    factories.use(cast.web, cast.ci, "pull", RECENT)
    return cast


def test_what_nobody_used_is_found_and_looked_into(
    world: Cast, sign_in: SignIn
) -> None:
    page = sign_in(world.alice, f"/admin/robots/namespace/{world.acme.pk}/change/")
    page.get_by_role("link", name="Unused access").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Unused access")
    row = page.get_by_role("row").filter(has_text="acme+ci").filter(has_text="web")
    expect(row.get_by_role("cell").nth(2)).to_have_text("Read")
    assert violations(page) == []
    row.get_by_role("link", name="Set permissions of acme+ci").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Set repository permissions")


def test_it_fits_a_narrow_dark_screen(world: Cast, sign_in: SignIn) -> None:
    page = sign_in(world.alice, f"/admin/robots/namespace/{world.acme.pk}/unused/")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"]


def test_other_days_are_chosen_with_the_keyboard(world: Cast, sign_in: SignIn) -> None:
    page = sign_in(world.alice, f"/admin/robots/namespace/{world.acme.pk}/unused/")
    page.get_by_label("Not used for").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is unused")).to_be_visible()
    assert violations(page) == []
