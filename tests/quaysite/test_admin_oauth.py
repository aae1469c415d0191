"""OAuth applications and tokens, and application tokens, in the admin."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from quaysite.lifecycle.applications import (
    Details,
    client_secret_of,
    create_application,
    delete_application,
    reset_client_secret,
)
from quaysite.models import AccessToken, Application, User
from robots import freshness
from robots.lifecycle.app_tokens import create_app_token, revoke_app_token
from robots.models import AppToken, AuditEvent
from tests import factories
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast

TOKENS = "/admin/quaysite/accesstoken/"
APPLICATIONS = "/admin/quaysite/application/"
APP_TOKENS = "/admin/robots/apptoken/"
ADMIN = "quaysite.admin"
ROBOTS = "/api/v1/organization/acme/robots"


def browser_of(person: User, *, fresh: bool = True) -> Client:
    browser = Client()
    browser.force_login(person)
    session = browser.session
    session[freshness.SIGNED_IN_AT] = time.time() if fresh else 0
    session.save()
    return browser


def staff(is_superuser: bool) -> Client:
    return browser_of(factories.user("boss", is_staff=True, is_superuser=is_superuser))


def application(cast: Cast, name: str = "builder") -> Application:
    return create_application(cast.acme, Details(name), factories.BY)


def page(row: Application, name: str = "change") -> str:
    return f"{APPLICATIONS}{row.pk}/{name}/"


def kinds_by(name: str) -> list[str]:
    events = AuditEvent.objects.filter(performer_name=name).order_by("id")
    return [event.kind for event in events]


def test_tokens_are_listed_shown_and_revoked(cast: Cast) -> None:
    browser = staff(is_superuser=True)
    token = bearer(cast.alice, "org:admin")
    row = AccessToken.objects.get()
    for path in (TOKENS, f"{TOKENS}{row.pk}/change/"):
        shown = browser.get(path)
        assert shown.status_code == 200
        assert b"org:admin" in shown.content
        for secret in (token, row.token_checksum):
            assert secret.encode() not in shown.content
    action = {"action": "revoke", "_selected_action": str(row.pk)}
    assert browser.post(TOKENS, action).status_code == 302
    assert not AccessToken.objects.exists()
    assert LocalClient(token).get(ROBOTS).status == 401
    assert AuditEvent.objects.filter(kind="revoke_oauth_api_token").count() == 1


def test_no_token_is_made_or_changed_here(cast: Cast) -> None:
    browser = staff(is_superuser=True)
    bearer(cast.alice, "org:admin")
    assert browser.get(f"{TOKENS}add/").status_code == 403
    for model in ("grant", "idtoken", "refreshtoken"):
        assert browser.get(f"/admin/quaysite/{model}/").status_code == 404


def test_staff_without_the_permission_revoke_nothing(cast: Cast) -> None:
    bearer(cast.alice, "org:admin")
    action = {"action": "revoke", "_selected_action": str(AccessToken.objects.get().pk)}
    assert staff(is_superuser=False).post(TOKENS, action).status_code == 403
    assert AccessToken.objects.exists()


def test_everybody_sees_and_revokes_their_own_tokens_only(cast: Cast) -> None:
    bearer(cast.alice, "org:admin")
    hers = AccessToken.objects.get()
    bearer(cast.bob, "repo:read")
    his = AccessToken.objects.exclude(pk=hers.pk).get()
    browser = browser_of(cast.bob)
    assert list(browser.get(TOKENS).context["cl"].result_list) == [his]
    assert browser.get(f"{TOKENS}{hers.pk}/change/").status_code in (302, 404)
    both = {"action": "revoke", "_selected_action": [hers.pk, his.pk]}
    browser.post(TOKENS, both)
    assert list(AccessToken.objects.all()) == [hers]


FORM = {
    "name": "deployer",
    "description": "deploys",
    "application_uri": "https://deploy.example.com/",
    "redirect_uris": "https://deploy.example.com/back",
    "avatar_email": "",
}


def test_an_administrator_creates_changes_and_deletes_an_application(
    cast: Cast,
) -> None:
    browser = browser_of(cast.alice)
    made = browser.post(f"{APPLICATIONS}add/", {**FORM, "organization": cast.acme.pk})
    row = Application.objects.get()
    assert made["Location"] == page(row, "secret")
    assert (row.organization, row.name) == (cast.acme, "deployer")
    assert row.redirect_uris == "https://deploy.example.com/back"
    assert row.client_secret.encode() not in browser.get(page(row)).content

    browser.post(page(row), {**FORM, "name": "renamed", "redirect_uris": ""})
    row.refresh_from_db()
    assert (row.name, row.redirect_uris) == ("renamed", "")
    bearer(cast.bob, "repo:read")
    AccessToken.objects.update(application=row)
    question = browser.get(page(row, "delete"))
    assert "access tokens: 1" in question.content.decode().lower()
    browser.post(page(row, "delete"), {"post": "yes"})
    assert not Application.objects.filter(pk=row.pk).exists()
    assert not AccessToken.objects.exists()
    assert kinds_by("alice") == [
        "create_application",
        "update_application",
        "delete_application",
    ]


REFUSED = {
    "no name": ({"name": ""}, "name"),
    "NUL": ({"name": "a\x00"}, "name"),
    "a long name": ({"name": "n" * 256}, "name"),
    "a long description": ({"description": "d" * 10_001}, "description"),
    "a fragment": ({"redirect_uris": "https://a.example/#x"}, "redirect_uris"),
    "two": ({"redirect_uris": "https://a.example https://b.example"}, "redirect_uris"),
    "a script": ({"application_uri": "javascript:alert(1)"}, "application_uri"),
    "no organization": ({"organization": ""}, "organization"),
    "no key": ({"organization": "9" * 400}, "organization"),
}


@pytest.mark.parametrize("fields, where", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_an_application_is_an_error_beside_its_field(
    cast: Cast, fields: dict[str, Any], where: str
) -> None:
    data = {**FORM, "organization": cast.acme.pk, **fields}
    response = browser_of(cast.alice).post(f"{APPLICATIONS}add/", data)
    assert response.status_code == 200
    assert where in response.context["adminform"].form.errors
    assert not Application.objects.exists()


def test_s02_an_application_goes_to_no_organization_of_others(cast: Cast) -> None:
    other = factories.organization("other", owner=cast.charlie)
    personal = cast.alice.personal_namespace
    browser = browser_of(cast.alice)
    for place in (other, personal):
        data = {**FORM, "organization": place.pk}
        response = browser.post(f"{APPLICATIONS}add/", data)
        assert "organization" in response.context["adminform"].form.errors
    assert not Application.objects.exists()


def test_s01_others_do_not_find_an_application(cast: Cast) -> None:
    row = application(cast)
    for person in (cast.bob, cast.charlie):
        browser = browser_of(person)
        assert not browser.get(APPLICATIONS).context["cl"].result_list
        for name in ("change", "secret", "delete"):
            assert browser.get(page(row, name)).status_code == 404
        for do in ("show", "replace"):
            assert browser.post(page(row, "secret"), {"do": do}).status_code == 404


def test_s05_the_client_secret_is_shown_on_request_to_a_fresh_session(
    cast: Cast,
) -> None:
    row = application(cast)
    secret = client_secret_of(row)
    assert secret is not None
    own = page(row, "secret")
    stale = browser_of(cast.alice, fresh=False)
    asked = stale.post(own, {"do": "show"})
    assert (asked.status_code, "sign-in/again" in asked["Location"]) == (302, True)
    browser = browser_of(cast.alice)
    assert secret.reveal() not in browser.get(own).content.decode()
    assert kinds_by("alice") == []

    shown = browser.post(own, {"do": "show"})
    assert secret.reveal() in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert kinds_by("alice") == ["read_application_client_secret"]
    for path in (own, page(row), APPLICATIONS):
        assert secret.reveal() not in browser.get(path).content.decode()


def test_a_replaced_secret_is_shown_once_and_the_one_before_is_gone(cast: Cast) -> None:
    row = application(cast)
    before = client_secret_of(row)
    shown = browser_of(cast.alice).post(page(row, "secret"), {"do": "replace"})
    row.refresh_from_db()
    after = client_secret_of(row)
    assert before is not None
    assert after is not None
    assert after.reveal() != before.reveal()
    assert after.reveal() in shown.content.decode()
    assert kinds_by("alice") == ["reset_application_client_secret"]


def test_no_secret_is_made_for_an_application_that_is_deleted_meanwhile(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = application(cast)

    def too_late(row: Application, by: Any) -> Application:
        delete_application(row, factories.BY)
        return reset_client_secret(row, by)

    monkeypatch.setattr(f"{ADMIN}.application_secret.reset_client_secret", too_late)
    answer = browser_of(cast.alice).post(page(row, "secret"), {"do": "replace"})
    assert answer.status_code == 404
    assert kinds_by("alice") == []


def test_s05_staff_who_may_only_look_are_shown_no_secret(cast: Cast) -> None:
    row = application(cast)
    boss = factories.user("boss", is_staff=True)
    browser = browser_of(boss)
    assert browser.get(page(row)).status_code == 200
    assert browser.post(page(row, "secret"), {"do": "show"}).status_code == 403
    boss.is_superuser = True
    boss.save()
    assert browser_of(boss).post(page(row, "secret"), {}).status_code == 200


def test_an_application_token_is_shown_once_and_works(cast: Cast) -> None:
    stale = browser_of(cast.bob, fresh=False)
    assert stale.get(f"{APP_TOKENS}add/").status_code == 302
    browser = browser_of(cast.bob)
    for title in ("", "t" * 256, "\x00"):
        refused = browser.post(f"{APP_TOKENS}add/", {"title": title})
        assert refused.context["form"].errors
    assert not AppToken.objects.exists()
    made = browser.post(f"{APP_TOKENS}add/", {"title": "laptop"})
    token = AppToken.objects.get()
    secret = made.context["secret"]
    assert (token.user, token.title, len(secret)) == (cast.bob, "laptop", 120)
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    for path in (APP_TOKENS, f"{APP_TOKENS}{token.pk}/change/"):
        body = browser.get(path).content.decode()
        assert "laptop" in body
        assert secret not in body
        assert token.digest not in body
    browser.post(APP_TOKENS, {"action": "revoke", "_selected_action": token.pk})
    assert not AppToken.objects.exists()
    assert kinds_by("bob") == [
        "create_app_specific_token",
        "revoke_app_specific_token",
    ]


def test_a_token_that_ended_meanwhile_is_passed_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _ = create_app_token(cast.bob, "gone", factories.BY)
    left, _ = create_app_token(cast.bob, "left", factories.BY)

    def too_late(token: AppToken, by: Any) -> None:
        AppToken.objects.filter(pk=gone.pk).delete()
        revoke_app_token(token, by)

    monkeypatch.setattr(f"{ADMIN}.app_tokens.revoke_app_token", too_late)
    data = {"action": "revoke", "_selected_action": [gone.pk, left.pk]}
    answer = browser_of(cast.bob).post(APP_TOKENS, data, follow=True)
    assert "Tokens revoked: 1." in answer.content.decode()
    assert not AppToken.objects.exists()
    assert kinds_by("bob") == ["revoke_app_specific_token"]


def test_nobody_sees_application_tokens_of_others(cast: Cast, settings: Any) -> None:
    token, _ = create_app_token(cast.bob, "laptop", factories.BY)
    browser = staff(is_superuser=True)
    assert not browser.get(APP_TOKENS).context["cl"].result_list
    browser.post(APP_TOKENS, {"action": "revoke", "_selected_action": token.pk})
    assert AppToken.objects.exists()
    settings.FEATURE_APP_SPECIFIC_TOKENS = False
    assert browser_of(cast.bob).get(APP_TOKENS).status_code == 403
    assert browser_of(cast.bob).get(f"{APP_TOKENS}add/").status_code == 404


def test_s05_staff_who_may_change_applications_read_no_client_secret(
    cast: Cast,
) -> None:
    row = application(cast)
    clerk = factories.user("clerk", is_staff=True)
    for codename in ("change_application", "view_application"):
        clerk.user_permissions.add(Permission.objects.get(codename=codename))
    own = page(row, "secret")
    for answer in (
        browser_of(clerk).get(own),
        browser_of(clerk).post(own, {"do": "show"}),
        browser_of(clerk).post(own, {"do": "replace"}),
    ):
        assert answer.status_code == 403
    assert browser_of(clerk).get(page(row)).status_code == 200
    assert "/secret/" not in browser_of(clerk).get(page(row)).content.decode()
    assert not AuditEvent.objects.filter(kind="read_application_client_secret").exists()
