"""Staff who may change people get no powers that the provider's groups give."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import OidcAccount, User
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.oidc import NAME, SUBJECT, Flow
from tests.quaysite.people_pages import changed_person, connecting
from tests.quaysite.test_admin_powers import password_page, takeovers
from tests.robots.admin_pages import page, post

MAPPINGS = ["OIDC_STAFF_GROUPS", "OIDC_SUPERUSER_GROUPS"]


@pytest.fixture
def clerk(client: Client, cast: Cast) -> Client:
    """Signed in as alice: staff who may change people, and no superuser."""
    User.objects.filter(pk=cast.alice.pk).update(is_staff=True)
    names = ["view_user", "add_user", "change_user", "delete_user"]
    cast.alice.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(cast.alice)
    return client


@pytest.mark.parametrize("is_self", [True, False], ids=["their own", "another's"])
def test_staff_connect_no_account(
    clerk: Client, cast: Cast, flow: Flow, is_self: bool
) -> None:
    """Whoever has it would come in as that person, with groups of their own."""
    person = cast.alice if is_self else cast.bob
    fields = changed_person(person, is_staff="on" if is_self else "")
    url = page(User, "change", person.pk)
    post(clerk, url, fields | connecting(SUBJECT, flow.issuer.url))
    assert not OidcAccount.objects.exists()


def test_staff_take_no_account_off(clerk: Client, cast: Cast, flow: Flow) -> None:
    account = link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    gone = {
        "oidc_accounts-TOTAL_FORMS": "1",
        "oidc_accounts-INITIAL_FORMS": "1",
        "oidc_accounts-0-id": str(account.pk),
        "oidc_accounts-0-user": str(cast.bob.pk),
        "oidc_accounts-0-DELETE": "on",
    }
    url = page(User, "change", cast.bob.pk)
    post(clerk, url, changed_person(cast.bob, **gone))
    assert cast.bob.oidc_accounts.exists()


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_staff_take_over_nobody_whom_groups_may_make_mightier(
    clerk: Client, cast: Cast, flow: Flow, settings: Settings, mapping: str
) -> None:
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    setattr(settings, mapping, ["admins"])
    assert takeovers(clerk, cast.bob) == [403] * 5
    url = page(User, "change", cast.charlie.pk)
    assert post(clerk, url, changed_person(cast.charlie)).status_code == 302


def test_staff_look_after_connected_people_where_groups_give_no_powers(
    clerk: Client, cast: Cast, flow: Flow
) -> None:
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert post(clerk, password_page(cast.bob), new).status_code == 302


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_whoever_is_given_powers_has_no_password_any_more(
    cast: Cast, flow: Flow, settings: Settings, mapping: str
) -> None:
    """Whoever chose it would have the powers too, and so would their sessions."""
    setattr(settings, mapping, ["admins"])
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    chooser = Client()
    chooser.post("/sign-in/", {"username": "bob", "password": PASSWORD})
    assert chooser.get("/api/v1/user/").status_code == 200

    flow.sign_in({"sub": SUBJECT, "groups": ["admins"]})

    assert flow.signed_in() == "bob"
    cast.bob.refresh_from_db()
    assert cast.bob.is_staff
    assert not cast.bob.has_usable_password()
    assert chooser.get("/api/v1/user/").status_code == 401
    event = AuditEvent.objects.get(kind="account_change_password")
    assert (event.performer_name, event.namespace_name) == (NAME, "bob")
    assert event.facts == {"username": "bob", "usable": False}


def test_whoever_has_the_powers_already_keeps_the_password(
    cast: Cast, flow: Flow, settings: Settings
) -> None:
    settings.OIDC_SUPERUSER_GROUPS = ["admins"]
    link_account(cast.bob, flow.issuer.url, SUBJECT, factories.BY)
    User.objects.filter(pk=cast.bob.pk).update(is_staff=True, is_superuser=True)
    for groups in (["admins"], []):
        flow.sign_in({"sub": SUBJECT, "groups": groups})
        cast.bob.refresh_from_db()
        assert cast.bob.check_password(PASSWORD)
    assert not cast.bob.is_superuser
