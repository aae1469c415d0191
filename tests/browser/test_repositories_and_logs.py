"""Repositories, the audit log, explanations and applications, in a browser."""

import csv

from playwright.sync_api import expect

from quaysite.lifecycle.applications import Details, create_application
from robots.models import AuditEvent, Repository, RepositoryPermission
from robots.roles import Role, Visibility
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.conftest import Cast

LIST = "/admin/robots/repository/?namespace=acme"


def test_a_repository_is_created_and_a_person_given_a_role(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, LIST)
    assert violations(page) == []
    page.get_by_role("link", name="Create repository").click()
    page.fill("#id_name", "tools/cli")
    page.get_by_role("button", name="Save", exact=True).click()
    made = Repository.objects.get(namespace=cast.acme, name="tools/cli")
    expect(page.get_by_text("acme/tools/cli has been created.")).to_be_visible()

    page.fill("#add_person_person", "bob")
    page.locator("#add_person_role").select_option(label="Write: pull and push")
    page.get_by_role("button", name="Give role to a person").click()
    rows = page.get_by_role("region", name="Permissions on acme/tools/cli")
    expect(rows).to_contain_text("bob")
    assert violations(page) == []
    given = RepositoryPermission.objects.get(repository=made, user=cast.bob)
    assert given.role == Role.WRITE

    page.get_by_role("link", name="Who can access").click()
    who = page.get_by_role("region", name="Who can access acme/tools/cli")
    expect(who.get_by_role("row").filter(has_text="bob")).to_contain_text(
        "Direct permission"
    )
    assert violations(page) == []


def test_chosen_repositories_are_made_public_after_a_question(
    cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.alice, LIST)
    page.locator("tr", has_text="acme/web").locator("input.action-select").check()
    page.locator("select[name=action]").select_option("make_public")
    page.locator("#changelist-actions-wrapper button[type=submit]").click()
    question = page.get_by_role("heading", name="Make 1 repository public?")
    expect(question).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Make public").click()
    expect(page.get_by_text("Repositories made public: 1.")).to_be_visible()
    cast.web.refresh_from_db()
    assert cast.web.visibility == Visibility.PUBLIC


def test_the_audit_log_is_searched_and_exported(cast: Cast, sign_in: SignIn) -> None:
    factories.organization("other")
    page = sign_in(cast.alice, "/admin/robots/auditevent/?namespace=acme")
    assert violations(page) == []
    page.get_by_label("About").select_option("Teams and membership")
    page.get_by_role("button", name="Search", exact=True).first.click()
    table = page.locator("#result_list")
    expect(table).to_contain_text("manage.py tests added bob to the team developers")
    expect(table).not_to_contain_text("acme/web")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["organization"] for row in rows} == {"acme"}
    assert AuditEvent.objects.filter(kind="export_logs_csv").count() == 1

    page.get_by_role("link", name="added bob to the team developers").click()
    expect(page.locator("pre.qs-code")).to_contain_text('"member": "bob"')
    assert violations(page) == []


def test_access_is_explained(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, "/admin/")
    page.get_by_role("link", name="Explain access").click()
    page.get_by_label("Who").fill("acme+reader")
    page.get_by_label("Repository").fill("acme/web")
    page.get_by_label("Wants to").select_option("Push")
    page.get_by_role("button", name="Explain").click()
    expect(
        page.get_by_role("heading", name="acme+reader may not push acme/web")
    ).to_be_visible()
    expect(page.get_by_text("What it lacks")).to_be_visible()
    assert violations(page) == []


def test_a_client_secret_is_shown_when_asked_for(cast: Cast, sign_in: SignIn) -> None:
    row = create_application(cast.acme, Details("builder"), factories.BY)
    page = sign_in(cast.alice, f"/admin/quaysite/application/{row.pk}/secret/")
    assert violations(page) == []
    page.get_by_role("button", name="Show client secret").click()
    expect(page.locator("#client-secret")).to_be_visible()
    assert len(page.locator("#client-secret").inner_text()) == 40
    assert violations(page) == []


def test_a_phone_shows_the_log_and_the_permissions(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, f"/admin/robots/repository/{cast.web.pk}/permissions/")
    page.set_viewport_size({"width": 375, "height": 800})
    for path in (page.url, "/admin/robots/auditevent/?namespace=acme"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 375, path
        assert violations(page) == []
