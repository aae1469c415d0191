"""People on the admin site."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import User
from robots.models import AuditEvent, Namespace, Robot
from tests import factories
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.people_pages import ADD, changed_person, connecting, new_person
from tests.robots.admin_pages import (
    ADDRESS,
    delete,
    errors_of,
    events_by_admin,
    page,
    post,
)


@pytest.fixture
def clerk(client: Client, cast: Cast) -> Client:
    """Signed in as alice, who may change people but is no superuser."""
    cast.alice.is_staff = True
    cast.alice.save()
    names = ["view_user", "add_user", "change_user", "delete_user"]
    cast.alice.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(cast.alice)
    return client


def test_a_new_person_has_a_namespace_of_their_own(
    admin_client: Client, cast: Cast
) -> None:
    assert post(admin_client, ADD, new_person("dora")).status_code == 302

    person = User.objects.get(username="dora")
    assert person.check_password(PASSWORD)
    assert person.personal_namespace.name == "dora"
    assert events_by_admin() == [("user_create", {"username": "dora"})]


REFUSED = {
    "an organization's": "acme",
    "another person's": "bob",
    "another person's in capitals": "BOB",
    "capital": "Dora",
    "plus, as robots have": "dora+ci",
    "slash": "dora/ci",
    "at sign": "dora@example.com",
    "one letter": "d",
    "empty": "",
    "NUL": "do\x00ra",
    "too long": "d" * 256,
}


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_bad_or_taken_user_name_is_an_error_beside_it(
    admin_client: Client, cast: Cast, name: str
) -> None:
    before = (User.objects.count(), Namespace.objects.count())
    url = page(User, "change", cast.charlie.pk)

    added = post(admin_client, ADD, new_person(name))
    renamed = post(admin_client, url, changed_person(cast.charlie, username=name))

    cast.charlie.refresh_from_db()
    assert list(errors_of(added)) == ["username"]
    assert list(errors_of(renamed)) == ["username"]
    assert cast.charlie.username == "charlie"
    assert (User.objects.count(), Namespace.objects.count()) == before
    assert events_by_admin() == []


def test_a_name_that_is_taken_meanwhile_is_a_form_error(
    admin_client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form's own look at names is switched off: the database must refuse too."""
    monkeypatch.setattr(User, "clean", lambda self: None)
    url = page(User, "change", cast.charlie.pk)

    added = post(admin_client, ADD, new_person("acme"))
    renamed = post(admin_client, url, changed_person(cast.charlie, username="acme"))

    for response in (added, renamed):
        assert "The database refused this" in errors_of(response)["__all__"][0]
    cast.charlie.refresh_from_db()
    assert cast.charlie.username == "charlie"
    assert not User.objects.filter(username="acme").exists()
    assert events_by_admin() == []


def test_an_address_in_use_is_a_form_error(admin_client: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="Bob@example.com")
    url = page(User, "change", cast.charlie.pk)

    response = post(
        admin_client, url, changed_person(cast.charlie, email="bob@EXAMPLE.com")
    )

    assert "Another user has this e-mail address." in errors_of(response)["__all__"]
    cast.charlie.refresh_from_db()
    assert cast.charlie.email == ""


def test_a_renamed_person_takes_the_namespace_along(
    admin_client: Client, cast: Cast
) -> None:
    url = page(User, "change", cast.charlie.pk)

    saved = post(admin_client, url, changed_person(cast.charlie, username="charles"))

    cast.charlie.refresh_from_db()
    assert saved.status_code == 302
    assert cast.charlie.username == "charles"
    assert Namespace.objects.get(owner=cast.charlie).name == "charles"
    renamed, changed = events_by_admin()
    assert renamed == (
        "user_change_name",
        {"username": "charles", "old_username": "charlie"},
    )
    assert changed[0] == "user_change"
    assert "Username" in changed[1]["changed"]


def test_a_new_password_is_stored_and_audited_without_the_password(
    admin_client: Client, cast: Cast
) -> None:
    new = "another correct horse"
    data = {"password1": new, "password2": new, "usable_password": "true"}

    saved = post(admin_client, f"/admin/quaysite/user/{cast.bob.pk}/password/", data)

    cast.bob.refresh_from_db()
    assert saved.status_code == 302
    assert cast.bob.check_password(new)
    ((kind, facts),) = events_by_admin()
    assert (kind, facts["username"]) == ("user_change", "bob")
    assert new not in str(facts)


def test_a_person_is_deleted_with_their_namespace(
    admin_client: Client, cast: Cast
) -> None:
    robot = Robot.objects.create(namespace=cast.bob.personal_namespace, name="tool")

    assert delete(admin_client, cast.bob).status_code == 200

    assert not User.objects.filter(username="bob").exists()
    assert not Namespace.objects.filter(name="bob").exists()
    assert not Robot.objects.filter(pk=robot.pk).exists()
    assert events_by_admin() == [("user_delete", {"username": "bob"})]
    assert AuditEvent.objects.get(kind="user_delete").namespace_name == "bob"


def test_staff_who_are_no_superusers_hand_out_no_powers(
    clerk: Client, cast: Cast
) -> None:
    everything = list(Permission.objects.values_list("pk", flat=True))
    data = changed_person(
        cast.bob, is_superuser="on", user_permissions=everything, first_name="Bob"
    )

    saved = post(clerk, page(User, "change", cast.bob.pk), data)

    cast.bob.refresh_from_db()
    assert saved.status_code == 302
    assert (cast.bob.first_name, cast.bob.is_superuser) == ("Bob", False)
    assert not cast.bob.user_permissions.exists()
    event = AuditEvent.objects.get(kind="user_change")
    assert (event.performer_name, event.address) == ("alice", ADDRESS)


@pytest.mark.parametrize("by_setting", [False, True], ids=["superuser", "SUPER_USERS"])
def test_staff_who_are_no_superusers_do_not_touch_those_who_may_do_all(
    clerk: Client, cast: Cast, settings: Settings, by_setting: bool
) -> None:
    settings.SUPER_USERS = ["bob"] if by_setting else []
    User.objects.filter(pk=cast.bob.pk).update(is_superuser=not by_setting)
    new = "another correct horse"
    data = {"password1": new, "password2": new, "usable_password": "true"}

    password = post(clerk, f"/admin/quaysite/user/{cast.bob.pk}/password/", data)
    change = post(clerk, page(User, "change", cast.bob.pk), changed_person(cast.bob))
    gone = delete(clerk, cast.bob)

    statuses = [r.status_code for r in (password, change, gone)]
    assert statuses == [403, 403, 403]
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(PASSWORD)


def test_only_a_superuser_gives_a_person_a_name_of_power(
    clerk: Client, cast: Cast, settings: Settings
) -> None:
    settings.SUPER_USERS = ["root"]
    url = page(User, "change", cast.bob.pk)

    added = post(clerk, ADD, new_person("root"))
    renamed = post(clerk, url, changed_person(cast.bob, username="root"))

    for response in (added, renamed):
        assert errors_of(response)["__all__"] == [
            "Only a superuser may give a person this user name."
        ]
    assert not User.objects.filter(username="root").exists()


def test_only_superusers_change_groups_and_each_change_is_audited(
    admin_user: User, clerk: Client, cast: Cast
) -> None:
    boss = Client()
    boss.force_login(admin_user)
    add = page(Group, "add")

    added = post(boss, add, {"name": "operators"})
    group = Group.objects.get(name="operators")
    change = page(Group, "change", group.pk)
    changed = post(boss, change, {"name": "ops"})
    cast.alice.user_permissions.set(Permission.objects.all())
    refused = [
        post(clerk, add, {"name": "mine"}),
        post(clerk, change, {"name": "mine"}),
        delete(clerk, group),
    ]
    delete(boss, group)

    assert (added.status_code, changed.status_code) == (302, 302)
    assert [response.status_code for response in refused] == [403, 403, 403]
    assert not Group.objects.exists()
    assert events_by_admin() == [
        ("group_create", {"name": "operators"}),
        ("group_change", {"name": "ops", "changed": ["Name"]}),
        ("group_delete", {"name": "ops"}),
    ]


def test_an_account_is_connected_and_taken_off_with_an_event_each(
    admin_client: Client, cast: Cast
) -> None:
    url = page(User, "change", cast.bob.pk)

    added = post(admin_client, url, changed_person(cast.bob, **connecting("4711")))
    account = cast.bob.oidc_accounts.get()
    gone = {
        "oidc_accounts-TOTAL_FORMS": "1",
        "oidc_accounts-INITIAL_FORMS": "1",
        "oidc_accounts-0-id": str(account.pk),
        "oidc_accounts-0-user": str(cast.bob.pk),
        "oidc_accounts-0-DELETE": "on",
    }
    removed = post(admin_client, url, changed_person(cast.bob, **gone))

    assert (added.status_code, removed.status_code) == (302, 302)
    assert not cast.bob.oidc_accounts.exists()
    facts = {"username": "bob", "issuer": "https://id.example", "subject": "4711"}
    events = [event for event in events_by_admin() if event[0] != "user_change"]
    assert events == [("user_link_account", facts), ("user_unlink_account", facts)]


def test_an_account_that_is_connected_is_not_connected_again(
    admin_client: Client, cast: Cast
) -> None:
    link_account(cast.alice, "https://id.example", "4711", factories.BY)
    url = page(User, "change", cast.bob.pk)

    response = post(admin_client, url, changed_person(cast.bob, **connecting("4711")))

    assert response.status_code == 200
    assert "This account is connected to a person." in response.content.decode()
    assert not cast.bob.oidc_accounts.exists()


@pytest.mark.parametrize("by_setting", [False, True], ids=["superuser", "SUPER_USERS"])
def test_staff_connect_no_account_to_those_who_may_do_all(
    clerk: Client, cast: Cast, settings: Settings, by_setting: bool
) -> None:
    """Whoever connects an account of theirs to a person becomes that person.

    Nor to others: `test_oidc_takeover`.
    """
    settings.SUPER_USERS = ["bob"] if by_setting else []
    User.objects.filter(pk=cast.bob.pk).update(is_superuser=not by_setting)
    url = page(User, "change", cast.bob.pk)

    response = post(clerk, url, changed_person(cast.bob, **connecting("mine")))
    others = post(
        clerk,
        page(User, "change", cast.charlie.pk),
        changed_person(cast.charlie, **connecting("charlie")),
    )

    assert (response.status_code, others.status_code) == (403, 302)
    assert not cast.bob.oidc_accounts.exists()
    assert not cast.charlie.oidc_accounts.exists()


def test_the_site_bears_its_name(client: Client, db: None) -> None:
    body = client.get("/admin/login/", follow=True).content.decode()

    assert "Sign in | Quaysite" in " ".join(body.split())
    assert "Django administration" not in body


def test_nobody_sets_the_password_of_staff_who_may_more(
    cast: Cast, clerk: Client
) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    cast.bob.user_permissions.set(Permission.objects.filter(codename="delete_robot"))
    before = cast.bob.password
    form = {"password1": "another long pass", "password2": "another long pass"}
    address = f"/admin/quaysite/user/{cast.bob.pk}/password/"
    assert clerk.post(address, form).status_code == 403
    cast.bob.refresh_from_db()
    assert cast.bob.password == before
    cast.bob.user_permissions.clear()
    assert clerk.post(address, form).status_code == 302
