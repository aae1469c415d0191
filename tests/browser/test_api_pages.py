"""The API's own pages, under the policy that browsers enforce."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.guard import Guard
from tests.conftest import Cast


def test_swagger_shows_the_operations(page: Page) -> None:
    page.goto("/api/docs/")
    expect(page.locator(".swagger-ui .info .title")).to_contain_text("Quaysite")


def test_redoc_shows_the_operations(page: Page, guard: Guard) -> None:
    """It asks for its maker's logo, which the policy keeps it from fetching."""
    page.goto("/api/redoc/")
    page.wait_for_selector("#redoc-container h1:has-text('Quaysite')", timeout=30_000)
    blocked = [text for text in guard.complaints if "logo-mini.svg" in text]
    assert "has been blocked" in blocked[0]
    for text in blocked:
        guard.complaints.remove(text)


def test_the_browsable_api_can_be_walked(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, "/api/v1/")
    page.locator("a[href$='/organization/acme/robots']").first.click()
    expect(page.locator("pre.prettyprint").last).to_contain_text("acme+ci")
