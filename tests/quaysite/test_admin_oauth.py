"""OAuth tokens in the admin: seen without their secrets, and revoked."""

from django.test import Client

from quaysite.models import AccessToken, Application
from robots.models import AuditEvent
from tests import factories
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast

TOKENS = "/admin/quaysite/accesstoken/"
ROBOTS = "/api/v1/organization/acme/robots"


def staff(is_superuser: bool) -> Client:
    browser = Client()
    boss = factories.user("boss", is_staff=True, is_superuser=is_superuser)
    browser.force_login(boss)
    return browser


def test_tokens_are_listed_shown_and_revoked(cast: Cast) -> None:
    browser = staff(is_superuser=True)
    token = bearer(cast.alice, "org:admin")
    row = AccessToken.objects.get()
    for path in (TOKENS, f"{TOKENS}{row.pk}/change/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert b"org:admin" in page.content
        for secret in (token, row.token_checksum):
            assert secret.encode() not in page.content
    action = {"action": "revoke", "_selected_action": str(row.pk)}
    assert browser.post(TOKENS, action).status_code == 302
    assert not AccessToken.objects.exists()
    assert LocalClient(token).get(ROBOTS).status == 401
    assert AuditEvent.objects.filter(kind="revoke_oauth_api_token").count() == 1


def test_nothing_is_made_or_changed_here(cast: Cast) -> None:
    browser = staff(is_superuser=True)
    bearer(cast.alice, "org:admin")
    application = Application.objects.get()
    paths = (f"{TOKENS}add/", "/admin/quaysite/application/add/")
    assert {browser.get(path).status_code for path in paths} == {403}
    shown = browser.get(f"/admin/quaysite/application/{application.pk}/change/")
    assert (shown.status_code, b"client_secret" in shown.content) == (200, False)
    for model in ("grant", "idtoken", "refreshtoken"):
        assert browser.get(f"/admin/quaysite/{model}/").status_code == 404


def test_staff_without_the_permission_revoke_nothing(cast: Cast) -> None:
    bearer(cast.alice, "org:admin")
    action = {"action": "revoke", "_selected_action": str(AccessToken.objects.get().pk)}
    assert staff(is_superuser=False).post(TOKENS, action).status_code == 403
    assert AccessToken.objects.exists()
