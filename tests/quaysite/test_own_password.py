"""Changing one's own password in the admin."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast

URL = "/admin/password_change/"
NEW = "a-new-pass-word-1"


def form(
    old: str = factories.PASSWORD, new: str = NEW, again: str = NEW
) -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": again}


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.bob)
    return client


def test_a_new_password_is_stored_and_audited_and_ends_other_sessions(
    cast: Cast, browser: Client
) -> None:
    other = Client()
    other.force_login(cast.bob)
    assert browser.post(URL, form()).status_code == 302
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(NEW)
    event = AuditEvent.objects.get(kind="account_change_password")
    assert (event.performer_name, event.namespace_name) == ("bob", "bob")
    assert NEW not in str(event.facts)
    assert browser.get(URL).status_code == 200
    assert other.get(URL).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        form(old="wrong"),
        form(again="something-else-1"),
        form(new="short1", again="short1"),
        form(new="with space in it", again="with space in it"),
        form(new="password1", again="password1"),
        form(new="x" * 5000, again="x" * 5000),
        form(new="\x00" * 20, again="\x00" * 20),
        {},
    ],
    ids=["old", "again", "short", "space", "common", "long", "NUL", "nothing"],
)
def test_what_is_wrong_is_said_beside_it_and_changes_nothing(
    cast: Cast, browser: Client, wrong: dict[str, str]
) -> None:
    response = browser.post(URL, wrong)
    assert response.status_code == 200
    assert response.context["form"].errors
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(factories.PASSWORD)
    assert not AuditEvent.objects.filter(kind="account_change_password").exists()


def test_a_wrong_old_password_is_a_failed_sign_in(cast: Cast, browser: Client) -> None:
    guess = "a guess at it"
    for _ in range(2):
        browser.post(URL, form(old=guess))
    browser.post(URL, form(old=""))
    browser.post(URL, form(again="something-else-1"))
    events = AuditEvent.objects.filter(kind="login_failure")
    assert [event.namespace_name for event in events] == ["bob", "bob"]
    facts = [event.facts for event in events]
    assert [fact["message"] for fact in facts] == ["wrong password"] * 2
    assert guess not in str(facts)


def test_who_has_no_password_is_told_so(cast: Cast) -> None:
    cast.bob.set_unusable_password()
    cast.bob.save()
    client = Client()
    client.force_login(cast.bob)
    assert b"has no password" in client.get(URL).content
    client.post(URL, form(old=""))
    cast.bob.refresh_from_db()
    assert not cast.bob.has_usable_password()


def test_nobody_else_reaches_the_page() -> None:
    assert Client().get(URL).status_code == 302
    assert Client().post(URL, form()).status_code == 302


def test_where_no_password_is_accepted_none_can_be_changed_or_guessed(
    cast: Cast, browser: Client, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    page = browser.get(URL)
    assert page.status_code == 200
    assert b"not accepted on this site" in page.content
    assert b'type="password"' not in page.content
    for old in (factories.PASSWORD, "a guess"):
        assert browser.post(URL, form(old=old)).status_code == 405
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(factories.PASSWORD)
