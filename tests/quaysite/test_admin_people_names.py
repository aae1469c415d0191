"""What a person's new name, or deletion, does to names elsewhere: on the admin site."""

from django.test import Client

from quaysite.models import User
from robots.lifecycle.switches import Terms, turn_on
from robots.models import AuditEvent, EmergencySwitch
from tests import factories
from tests.conftest import Cast
from tests.quaysite.people_pages import changed_person
from tests.robots.admin_pages import delete, errors_of, events_by_admin, page, post


def test_a_renamed_person_takes_the_exceptions_from_a_switch_along(
    admin_client: Client, cast: Cast
) -> None:
    """Whoever takes the old name is not excepted."""
    turn_on(None, Terms("a leak", allowed=["bob+ci", "acme+ci"]), factories.BY)
    url = page(User, "change", cast.bob.pk)

    saved = post(admin_client, url, changed_person(cast.bob, username="bobby"))

    assert saved.status_code == 302
    assert EmergencySwitch.objects.get().allowed_names == ["bobby+ci", "acme+ci"]


def test_a_name_with_which_a_robots_were_too_long_is_a_form_error(
    admin_client: Client, cast: Cast
) -> None:
    factories.robot(cast.bob.personal_namespace, "r" * 200)
    url = page(User, "change", cast.bob.pk)

    refused = post(admin_client, url, changed_person(cast.bob, username="b" * 55))

    assert "255 characters" in errors_of(refused)["__all__"][0]
    cast.bob.refresh_from_db()
    assert cast.bob.username == cast.bob.personal_namespace.name == "bob"
    assert events_by_admin() == []
    longest = post(admin_client, url, changed_person(cast.bob, username="b" * 54))
    assert longest.status_code == 302


def test_a_deleted_persons_robots_are_on_no_list_of_a_switch(
    admin_client: Client, cast: Cast
) -> None:
    turn_on(None, Terms("a leak", allowed=["bob+ci", "acme+ci"]), factories.BY)

    assert delete(admin_client, cast.bob).status_code == 200

    assert not User.objects.filter(username="bob").exists()
    assert EmergencySwitch.objects.get().allowed_names == ["acme+ci"]
    event = AuditEvent.objects.get(kind="change_emergency_switch")
    assert event.facts["removed"] == ["bob+ci"]
