"""Deleting an organization on the admin site: by typing its name, and freshly."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from federation.entries import Entry
from federation.models import Trust
from quaysite.models import User
from robots.models import AuditEvent, Namespace, Robot
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, messages_of, page
from tests.robots.admin_people import events_by, signed_in, staff


def delete(client: Client, namespace: Namespace, typed: str) -> Any:
    url = page(Namespace, "delete", namespace.pk)
    return client.post(url, {"name": typed}, follow=True)


def test_an_organization_is_deleted_with_all_that_lives_in_it(cast: Cast) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()

    answer = delete(signed_in(cast.alice), cast.acme, "acme")

    assert answer.redirect_chain[-1][0] == page(Namespace, "changelist")
    assert messages_of(answer) == ["Organization acme has been deleted."]
    assert not Namespace.objects.filter(name="acme").exists()
    assert not Robot.objects.exists()
    assert events_by(cast.alice) == [("org_delete", {"namespace_name": "acme"})]
    assert AuditEvent.objects.get(kind="org_delete").namespace_name == "acme"


@pytest.mark.parametrize(
    "typed", ["", "acm", "Acme", "acme/", "a\x00cme", "a" * 100_000]
)
def test_another_name_is_an_error_beside_it_and_deletes_nothing(
    cast: Cast, typed: str
) -> None:
    answer = delete(signed_in(cast.alice), cast.acme, typed)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["name"]
    assert Namespace.objects.filter(name="acme").exists()
    assert events_by(cast.alice) == []


def test_the_page_says_what_will_be_lost(cast: Cast) -> None:
    Trust.of(cast.ci, Entry(issuer="https://ci.test", subject="x")).save()
    cast.web.mirror_robot = cast.ci
    cast.web.save()
    factories.robot(factories.organization("other"), "bot")
    url = page(Namespace, "delete", cast.acme.pk)

    answer = signed_in(cast.alice).get(url)

    assert dict(answer.context["losses"]) == {
        "robot accounts": 2,
        "repositories": 3,
        "teams": 2,
        "team members": 2,
        "repository permissions": 3,
        "robot tokens": 2,
        "trust": 1,
    }
    body = answer.content.decode()
    assert "2 robot accounts have a token that works now." in body
    assert "1 repository is kept by a mirror." in body


def test_s05_a_session_that_is_not_fresh_is_asked_for_the_password(
    cast: Cast, settings: Settings
) -> None:
    settings.FRESH_LOGIN_TIMEOUT = -1
    client, url = signed_in(cast.alice), page(Namespace, "delete", cast.acme.pk)

    shown = client.get(url)
    posted = client.post(url, {"name": "acme"})

    wanted = f"/sign-in/again/?next={url.replace('/', '%2F')}"
    assert (shown.status_code, shown["Location"]) == (302, wanted)
    assert (posted.status_code, posted["Location"]) == (302, wanted)
    assert Namespace.objects.filter(name="acme").exists()


def test_s01_who_does_not_administer_it_does_not_delete_it(cast: Cast) -> None:
    may_change = staff("changer", ("change", Namespace))
    expected = {cast.bob: 403, cast.charlie: 404, staff("helper"): 403, may_change: 403}

    for person, status in expected.items():
        assert delete(signed_in(person), cast.acme, "acme").status_code == status
    assert Namespace.objects.filter(name="acme").exists()


def test_staff_delete_with_djangos_permission(cast: Cast) -> None:
    deleter = staff("deleter", ("delete", Namespace))

    assert delete(signed_in(deleter), cast.acme, "acme").status_code == 200
    assert not Namespace.objects.filter(name="acme").exists()


def test_a_personal_namespace_goes_only_with_its_person(
    admin_client: Client, cast: Cast
) -> None:
    own = cast.bob.personal_namespace

    change = admin_client.get(page(Namespace, "change", own.pk))
    one = delete(admin_client, own, "bob")
    as_owner = delete(signed_in(cast.bob), own, "bob")
    act(admin_client, Namespace, "delete_selected", cast.acme, own, post="yes")

    assert page(Namespace, "delete", own.pk) not in change.content.decode()
    assert (one.status_code, as_owner.status_code) == (403, 403)
    assert Namespace.objects.filter(name__in=["acme", "bob"]).count() == 2
    assert User.objects.filter(username="bob").exists()


def test_the_audit_pages_of_a_deleted_organization_still_open(
    admin_client: Client, cast: Cast
) -> None:
    delete(admin_client, cast.acme, "acme")
    event = AuditEvent.objects.get(kind="org_delete")

    listed = admin_client.get(page(AuditEvent, "changelist"), {"namespace": "acme"})
    shown = admin_client.get(page(AuditEvent, "change", event.pk))

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert event in listed.context["cl"].result_list
