"""Who may take over whom on the admin's pages of people, and after which sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.freshness import SIGNED_IN_AT
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.people_pages import ADD, changed_person, connecting, new_person
from tests.robots.admin_pages import delete, errors_of, page, post

NEW = "another correct horse"
NEW_PASSWORD = {"password1": NEW, "password2": NEW, "usable_password": "true"}
HUGE = "9" * 30


@pytest.fixture
def clerk(client: Client, cast: Cast) -> Client:
    """Signed in as alice: staff who may change people, and no superuser."""
    User.objects.filter(pk=cast.alice.pk).update(is_staff=True)
    names = ["view_user", "add_user", "change_user", "delete_user"]
    cast.alice.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(cast.alice)
    return client


def password_page(person: User) -> str:
    return f"/admin/quaysite/user/{person.pk}/password/"


def takeovers(client: Client, person: User) -> list[int]:
    """The statuses of each way to become, or to end, a person."""
    url = page(User, "change", person.pk)
    return [
        post(client, password_page(person), NEW_PASSWORD).status_code,
        post(client, url, changed_person(person, email="me@example.com")).status_code,
        post(client, url, changed_person(person, username="mine")).status_code,
        post(client, url, changed_person(person, **connecting("mine"))).status_code,
        delete(client, person).status_code,
    ]


def assert_untouched(person: User) -> None:
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert person.email == ""
    assert not person.oidc_accounts.exists()


@pytest.mark.parametrize("setting", ["SUPER_USERS", "GLOBAL_READONLY_SUPER_USERS"])
def test_s01_staff_take_over_nobody_whom_a_setting_names(
    clerk: Client, cast: Cast, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, ["bob"])
    assert takeovers(clerk, cast.bob) == [403] * 5
    assert_untouched(cast.bob)
    assert cast.bob.username == "bob"


@pytest.mark.parametrize("setting", ["SUPER_USERS", "GLOBAL_READONLY_SUPER_USERS"])
def test_s01_staff_give_nobody_a_name_of_power(
    clerk: Client, cast: Cast, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, ["auditor"])
    url = page(User, "change", cast.bob.pk)
    added = post(clerk, ADD, new_person("auditor"))
    renamed = post(clerk, url, changed_person(cast.bob, username="auditor"))
    for response in (added, renamed):
        assert errors_of(response)["__all__"] == [
            "Only a superuser may give a person this user name."
        ]
    assert not User.objects.filter(username="auditor").exists()


def own_permission(person: User) -> None:
    person.user_permissions.set(Permission.objects.filter(codename="delete_robot"))


def permission_of_a_group(person: User) -> None:
    group = Group.objects.create(name="operators")
    group.permissions.set(Permission.objects.filter(codename="delete_robot"))
    person.groups.add(group)


@pytest.mark.parametrize("is_active", [True, False], ids=["active", "inactive"])
@pytest.mark.parametrize("give", [own_permission, permission_of_a_group])
def test_s01_permissions_that_sleep_count_too(
    clerk: Client, cast: Cast, give: Callable[[User], None], is_active: bool
) -> None:
    """Staff could wake bob's: make him staff, or active, and sign in as him."""
    User.objects.filter(pk=cast.bob.pk).update(is_active=is_active)
    give(cast.bob)
    assert takeovers(clerk, cast.bob) == [403] * 5
    assert_untouched(cast.bob)


@pytest.fixture
def stale(admin_client: Client) -> Client:
    """A superuser who signed in long ago."""
    session = admin_client.session
    session[SIGNED_IN_AT] -= 3600
    session.save()
    return admin_client


CHANGES: dict[str, dict[str, Any]] = {
    "username": {"username": "mine"},
    "email": {"email": "me@example.com"},
    "staff": {"is_staff": "on"},
    "superuser": {"is_superuser": "on"},
    "account": connecting("mine"),
}


@pytest.mark.parametrize("fields", CHANGES.values(), ids=CHANGES)
def test_s05_a_stale_session_takes_no_person_over(
    stale: Client, cast: Cast, fields: dict[str, Any]
) -> None:
    group = Group.objects.create(name="operators")
    everything = list(Permission.objects.values_list("pk", flat=True)[:3])
    powers = {"groups": [group.pk], "user_permissions": everything}
    url = page(User, "change", cast.bob.pk)

    answer = post(stale, url, changed_person(cast.bob, **fields, **powers))

    assert_asked_again(answer, url)
    assert_untouched(cast.bob)
    assert cast.bob.username == "bob"
    assert not (cast.bob.is_staff or cast.bob.is_superuser)
    assert not cast.bob.groups.exists()
    assert not cast.bob.user_permissions.exists()
    assert not AuditEvent.objects.filter(kind__startswith="user_").exists()
    assert "Nothing has been saved" in stale.get(answer["Location"]).content.decode()


def test_s05_a_stale_session_sets_no_password_and_makes_nobody(
    stale: Client, cast: Cast
) -> None:
    group = Group.objects.create(name="operators")
    change_group = page(Group, "change", group.pk)
    sent: dict[str, dict[str, Any]] = {
        password_page(cast.bob): NEW_PASSWORD,
        ADD: new_person("dora"),
        page(Group, "add"): {"name": "mine"},
        change_group: {"name": "mine"},
    }
    for url, data in sent.items():
        assert_asked_again(stale.get(url), url)
        assert_asked_again(post(stale, url, data), url)
    assert_untouched(cast.bob)
    assert not User.objects.filter(username="dora").exists()
    assert list(Group.objects.values_list("name", flat=True)) == ["operators"]


def test_s05_a_session_made_fresh_sets_the_password(stale: Client, cast: Cast) -> None:
    url = password_page(cast.bob)
    again = post(stale, url, NEW_PASSWORD)["Location"]
    back = stale.post(again, {"password": "password"})
    assert back["Location"] == url
    assert post(stale, url, NEW_PASSWORD).status_code == 302
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(NEW)


def test_whoever_may_only_look_is_not_asked_to_sign_in_again(
    client: Client, cast: Cast
) -> None:
    viewer = factories.user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(viewer)
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    assert client.get(page(User, "change", cast.bob.pk)).status_code == 200
    assert post(client, password_page(cast.bob), NEW_PASSWORD).status_code == 403


def assert_asked_again(answer: Any, url: str) -> None:
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/again/?next=")
    assert url in answer["Location"].replace("%2F", "/")


@pytest.mark.parametrize("key", [HUGE, f"-{HUGE}", "x", "\x00", "\ud800", ""])
def test_keys_that_no_row_has_are_form_errors(
    admin_client: Client, cast: Cast, key: str
) -> None:
    group = Group.objects.create(name="operators")
    person = page(User, "change", cast.bob.pk)
    sent = [
        (person, "groups", changed_person(cast.bob, groups=[key])),
        (person, "user_permissions", changed_person(cast.bob, user_permissions=[key])),
        (page(Group, "change", group.pk), "permissions", {"permissions": [key]}),
    ]
    for url, field, data in sent:
        data = {"name": "operators", **data}
        if key == "\ud800":
            data[field] = [b"\xed\xa0\x80"]
        errors = errors_of(post(admin_client, url, data))
        assert list(errors) == [field]
    cast.bob.refresh_from_db()
    assert not cast.bob.groups.exists()


@pytest.mark.parametrize("model", [User, Group])
def test_a_selection_of_no_possible_row_breaks_no_list(
    admin_client: Client, cast: Cast, model: Any
) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [HUGE], "post": "yes"}
    answer = admin_client.post(page(model, "changelist"), chosen)
    assert answer.status_code in (200, 302)
    assert User.objects.filter(pk=cast.bob.pk).exists()


def test_nobody_enters_the_dates_of_a_person(admin_client: Client, cast: Cast) -> None:
    joined = cast.bob.date_joined
    for date in ("0001-01-01", "9999-12-31"):
        dates = {
            f"{name}_{part}": text
            for name in ("last_login", "date_joined")
            for part, text in enumerate((date, "00:00:00"))
        }
        url = page(User, "change", cast.bob.pk)
        saved = post(admin_client, url, changed_person(cast.bob, **dates))
        assert saved.status_code == 302
    cast.bob.refresh_from_db()
    assert (cast.bob.date_joined, cast.bob.last_login) == (joined, None)
