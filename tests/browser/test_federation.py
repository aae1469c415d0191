"""Setting a robot's federation in a browser, as the documentation shows it."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from federation.entries import Entry
from federation.lifecycle import add_trust
from federation.models import Trust
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast
from tests.federation.admin_trusts import ISSUER, SUBJECT, home
from tests.federation.issuer import FakeIssuer
from tests.federation.signer import SUBJECT as JOB

pytestmark = pytest.mark.django_db(transaction=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def test_federation_is_set_as_the_documentation_says(
    cast: Cast, sign_in: SignIn
) -> None:
    """Organizations, its name, Robot accounts, the menu, +, two fields, Save."""
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Organizations").first.click()
    page.get_by_role("link", name="acme", exact=True).first.click()
    page.get_by_role("link", name="Robot accounts").last.click()
    page.locator("tr", has_text="acme+ci").locator("[popovertarget]").click()
    page.get_by_role("link", name="Set robot federation").first.click()
    assert violations(page) == []

    page.get_by_role("button", name="Add trust").click()
    popup = page.get_by_role("dialog", name="Add a trust")
    expect(popup.get_by_label("Issuer URL")).to_be_focused()
    assert violations(page) == []
    popup.get_by_label("Issuer URL").fill(ISSUER)
    popup.get_by_label("Subject", exact=True).fill(SUBJECT)
    save(page)

    expect(page.locator("body")).to_contain_text(
        "Successfully updated robot federation."
    )
    expect(page.get_by_role("heading", name=SUBJECT)).to_be_visible()
    expect(page.get_by_text("Grade: warning")).to_be_visible()
    page.get_by_text("1 finding").click()
    expect(page.get_by_text("Name the audience")).to_be_visible()
    assert violations(page) == []
    assert Trust.objects.get().entry == Entry(ISSUER, SUBJECT)


def test_a_condition_is_added_and_what_is_wrong_said_beside_it(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, home(cast.ci))
    page.get_by_role("button", name="Add trust").press("Enter")
    page.get_by_label("Issuer URL").fill("sso.example.com")
    page.get_by_label("Subject", exact=True).fill(SUBJECT)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Audiences").fill("https://quay.example")
    page.get_by_role("button", name="Add a condition").click()
    second = page.get_by_role("group", name="Condition 2")
    expect(second.get_by_label("Claim")).to_be_focused()
    second.get_by_label("Claim").fill("azp")
    second.get_by_label("Values").fill("ci")
    save(page)
    wrong = page.get_by_label("Issuer URL")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Issuer must be a URL")).to_be_visible()
    assert violations(page) == []
    wrong.fill(ISSUER)
    save(page)
    expect(page.get_by_role("heading", name=SUBJECT)).to_be_visible()
    page.get_by_text("All that it asks for").click()
    expect(page.get_by_text("azp is 'ci'")).to_be_visible()


def test_a_preset_is_filled_reviewed_and_saved(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, home(cast.ci))
    page.get_by_role("link", name="GitHub Actions").click()
    assert violations(page) == []
    for label, text in (
        ("Owner", "acme"),
        ("Owner ID", "42"),
        ("Repository", "app"),
        ("Repository ID", "77"),
        ("Branch optional", "main"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_text("repo:acme@42/app@77:ref:refs/heads/main")).to_be_visible()
    assert violations(page) == []
    assert not Trust.objects.exists()
    save(page)
    expect(page.get_by_text("Grade: ok")).to_have_count(2)
    assert Trust.objects.count() == 2


def test_a_trust_is_removed_after_a_question(cast: Cast, sign_in: SignIn) -> None:
    add_trust(cast.ci, Entry(ISSUER, SUBJECT), factories.BY)
    page = sign_in(cast.alice, home(cast.ci))
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("heading", name="Remove this trust?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("acme+ci trusts nobody yet")).to_be_visible()
    assert not Trust.objects.exists()


def test_a_token_of_a_real_issuer_is_tested(
    cast: Cast, sign_in: SignIn, settings: Settings
) -> None:
    with FakeIssuer() as issuer:
        settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
        settings.FEDERATION_INTERNAL_ISSUERS = [issuer.url]
        add_trust(cast.ci, Entry(issuer.url, JOB, name="builds"), factories.BY)
        page = sign_in(cast.alice, home(cast.ci))
        page.get_by_role("link", name="Test a token").click()
        assert violations(page) == []
        token = issuer.signer.token().reveal()
        for sent, told in (
            (token, "It would be let in as acme+ci, by the trust “builds”."),
            (issuer.signer.token(sub="other").reveal(), "no trust matches it"),
        ):
            page.get_by_label("Token", exact=True).fill(sent)
            page.get_by_role("button", name="Test", exact=True).click()
            expect(page.get_by_role("status")).to_contain_text(told)
            assert violations(page) == []
            assert sent.split(".")[1][:40] not in page.content()
        assert issuer.total > 0, "its keys were asked for"


def test_a_member_who_looks_sees_nothing_of_it(cast: Cast, sign_in: SignIn) -> None:
    add_trust(cast.ci, Entry(ISSUER, SUBJECT), factories.BY)
    page = sign_in(cast.bob, f"/admin/robots/robot/{cast.ci.pk}/change/")
    expect(page.get_by_role("link", name="Robot account", exact=True)).to_be_visible()
    assert home(cast.ci) not in page.content()
    page.goto("/admin/federation/trust/")
    assert ISSUER not in page.content()
