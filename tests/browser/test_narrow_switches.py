"""One robot, and the tokens of an issuer, are stopped and let go on, in a browser."""

from playwright.sync_api import expect

from federation.models import Trust
from robots.lifecycle.switches import Terms, turn_on
from robots.models import EmergencySwitch
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast

URL = "https://issuer.example"


def test_an_issuer_is_found_stopped_and_let_go_on(cast: Cast, sign_in: SignIn) -> None:
    root = factories.user("root", is_staff=True, is_superuser=True)
    Trust(robot=cast.ci, issuer=URL, subject="s").save()
    turn_on(cast.acme, Terms("Forensics, ticket 4711"), factories.BY)
    turn_on(cast.reader, Terms("Its token was in a log"), factories.BY)
    page = sign_in(root, "/admin/emergency-switch/")
    expect(page.get_by_role("row", name="acme+reader")).to_be_visible()
    assert violations(page) == []

    page.get_by_label("What to stop").fill("acme+none")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is no robot account acme+none")).to_be_visible()
    page.get_by_label("What to stop").fill(URL)
    page.get_by_role("button", name="Open its switch").click()
    expect(page.get_by_text("1 robot account trusts this issuer.")).to_be_visible()
    assert violations(page) == []

    page.get_by_label("Reason").fill("Its signing key leaked")
    page.get_by_role("button", name="Stop tokens of this issuer").click()
    expect(
        page.get_by_text(f"The emergency switch of issuer {URL} is on")
    ).to_be_visible()
    assert EmergencySwitch.objects.get(issuer=URL).reason == "Its signing key leaked"
    expect(page.get_by_text(f"Tokens of {URL} are stopped")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("button", name="Turn off: let them work again").click()
    expect(
        page.get_by_text(f"The emergency switch of issuer {URL} is off")
    ).to_be_visible()
    assert not EmergencySwitch.objects.filter(issuer=URL).exists()


def test_an_administrator_stops_one_robot_from_its_page(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, f"/admin/robots/robot/{cast.ci.pk}/change/")
    page.get_by_role("link", name="Emergency switch").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    expect(page.get_by_label("Robot accounts that go on working")).to_have_count(0)
    assert violations(page) == []

    page.get_by_label("Reason").fill("Its token was in a log")
    page.get_by_role("button", name="Stop acme+ci").click()
    note = page.get_by_text("acme+ci is stopped: none of its tokens works.")
    expect(note).to_be_visible()
    assert EmergencySwitch.objects.get().robot == cast.ci
    assert violations(page) == []

    page.get_by_role("button", name="Turn off: let it work again").click()
    expect(note).to_have_count(0)
    assert not EmergencySwitch.objects.exists()
