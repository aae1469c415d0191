"""Namespaces on the admin site."""

import pytest
from django.test import Client

from quaysite.models import User
from robots.models import AuditEvent, Namespace, NamespaceKind, Robot
from robots.roles import TeamRole
from tests.conftest import Cast
from tests.robots.admin_pages import (
    act,
    delete,
    errors_of,
    events_by_admin,
    messages_of,
    page,
    post,
)

ADD = "/admin/robots/namespace/add/"


def test_a_new_organization_has_its_owners_team(
    admin_client: Client, cast: Cast
) -> None:
    assert post(admin_client, ADD, {"name": "initech"}).status_code == 302

    namespace = Namespace.objects.get(name="initech")
    assert namespace.is_organization
    assert namespace.teams.get().role == TeamRole.ADMIN
    assert events_by_admin() == [("org_create", {"namespace_name": "initech"})]


def test_a_personal_namespace_cannot_be_made_by_hand(
    admin_client: Client, cast: Cast
) -> None:
    form = admin_client.get(ADD)
    data = {"name": "initech", "kind": "personal", "owner": cast.alice.pk}

    post(admin_client, ADD, data)

    assert list(form.context["adminform"].form.fields) == ["name"]
    namespace = Namespace.objects.get(name="initech")
    assert (namespace.kind, namespace.owner) == (NamespaceKind.ORGANIZATION, None)


REFUSED_NAMES = {
    "an organization's": "acme",
    "a person's": "alice",
    "empty": "",
    "one letter": "a",
    "capital": "Acme",
    "slash": "a/b",
    "plus": "a+b",
    "NUL": "ab\x00c",
    "trailing newline inside": "ab\ncd",
    "too long": "a" * 256,
}


@pytest.mark.parametrize("name", REFUSED_NAMES.values(), ids=REFUSED_NAMES)
def test_a_bad_or_taken_name_is_an_error_beside_the_name(
    admin_client: Client, cast: Cast, name: str
) -> None:
    before = Namespace.objects.count()

    assert list(errors_of(post(admin_client, ADD, {"name": name}))) == ["name"]
    assert Namespace.objects.count() == before
    assert events_by_admin() == []


def test_a_namespace_is_switched_off_and_on_and_nothing_else_changes(
    admin_client: Client, cast: Cast
) -> None:
    url = page(Namespace, "change", cast.acme.pk)
    hostile = {"name": "evil", "kind": "personal", "owner": cast.bob.pk}

    off = post(admin_client, url, hostile)
    cast.acme.refresh_from_db()
    was_enabled = cast.acme.enabled
    on = post(admin_client, url, {"enabled": "on"})

    cast.acme.refresh_from_db()
    assert (off.status_code, on.status_code) == (302, 302)
    assert (was_enabled, cast.acme.enabled) == (False, True)
    assert (cast.acme.name, cast.acme.kind, cast.acme.owner) == (
        "acme",
        NamespaceKind.ORGANIZATION,
        None,
    )
    assert events_by_admin() == [("disable_namespace", {}), ("enable_namespace", {})]


def test_an_organization_is_deleted_with_all_that_lives_in_it(
    admin_client: Client, cast: Cast
) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()

    assert delete(admin_client, cast.acme).status_code == 200

    assert not Namespace.objects.filter(name="acme").exists()
    assert not Robot.objects.exists()
    assert events_by_admin() == [("org_delete", {"namespace_name": "acme"})]
    assert AuditEvent.objects.get(kind="org_delete").namespace_name == "acme"


def test_the_audit_pages_of_a_deleted_organization_still_open(
    admin_client: Client, cast: Cast
) -> None:
    delete(admin_client, cast.acme)
    event = AuditEvent.objects.get(kind="org_delete")

    listed = admin_client.get(page(AuditEvent, "changelist"), {"namespace": "acme"})
    shown = admin_client.get(page(AuditEvent, "change", event.pk))

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert "org_delete" in listed.content.decode()


def test_a_personal_namespace_goes_only_with_its_person(
    admin_client: Client, cast: Cast
) -> None:
    own = cast.bob.personal_namespace
    explained = "bob is a person's own namespace: it goes when the person is deleted"

    change = admin_client.get(page(Namespace, "change", own.pk))
    one = delete(admin_client, own)
    many = act(admin_client, Namespace, "delete_selected", cast.acme, own, post="yes")

    assert page(Namespace, "delete", own.pk) not in change.content.decode()
    assert messages_of(one) == [explained]
    assert messages_of(many) == [explained]
    assert Namespace.objects.filter(name__in=["acme", "bob"]).count() == 2
    assert events_by_admin() == []
    assert User.objects.filter(username="bob").exists()
