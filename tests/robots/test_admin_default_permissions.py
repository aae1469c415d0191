"""Default permissions on the admin site."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from robots.lifecycle.default_permissions import create_default_permission
from robots.models import DefaultPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import delete, errors_of, events_by_admin, page, post
from tests.robots.admin_people import events_by, signed_in, staff

ADD_DEFAULT = "/admin/robots/defaultpermission/add/"

PEOPLE = {"user", "creator_user"}
"""Fields in which one types a name."""


@pytest.fixture
def who(cast: Cast) -> dict[str, Model]:
    """Those whom the table below speaks of, by the words it uses."""
    other = factories.organization("other")
    return {
        "ci": cast.ci,
        "reader": cast.reader,
        "spy": factories.robot(other, "spy")[0],
        "spies": factories.team(other, "spies"),
        "own": cast.alice.personal_namespace,
    }


def chosen(who: dict[str, Model], fields: dict[str, str]) -> dict[str, Any]:
    return {
        name: who[word].pk if word in who and name not in PEOPLE else word
        for name, word in fields.items()
    }


def test_a_default_permission_is_stored_changed_and_deleted_with_an_event_each(
    admin_client: Client, cast: Cast
) -> None:
    data = {
        "namespace": cast.acme.pk,
        "creator_robot": cast.ci.pk,
        "team": cast.team.pk,
        "role": Role.READ.value,
    }

    added = post(admin_client, ADD_DEFAULT, data)
    row = DefaultPermission.objects.get()
    changed = post(
        admin_client, page(DefaultPermission, "change", row.pk), {"role": "2"}
    )
    row.refresh_from_db()
    delete(admin_client, row)

    assert (added.status_code, changed.status_code) == (302, 302)
    assert (row.namespace, row.creator_robot, row.team) == (
        cast.acme,
        cast.ci,
        cast.team,
    )
    assert row.role == Role.WRITE
    assert not DefaultPermission.objects.exists()
    facts = {
        "prototypeid": str(row.uuid),
        "username": "admin",
        "activating_username": "acme+ci",
        "delegate_team": "developers",
    }
    assert events_by_admin() == [
        ("create_prototype_permission", {**facts, "role": "read"}),
        (
            "modify_prototype_permission",
            {**facts, "role": "write", "original_role": "read"},
        ),
        ("delete_prototype_permission", {**facts, "role": "write"}),
    ]


REFUSED_DEFAULTS = {
    "foreign robot": ({"robot": "spy"}, "robot"),
    "foreign team": ({"team": "spies"}, "team"),
    "foreign creator": ({"creator_robot": "spy", "robot": "ci"}, "creator_robot"),
    "nobody": ({}, "__all__"),
    "two grantees": ({"robot": "ci", "user": "bob"}, "__all__"),
    "two creators": (
        {"robot": "ci", "creator_user": "bob", "creator_robot": "reader"},
        "__all__",
    ),
    "unknown role": ({"robot": "ci", "role": "0"}, "role"),
    "unknown namespace": ({"robot": "ci", "namespace": "0"}, "namespace"),
    "personal namespace": ({"user": "bob", "namespace": "own"}, "namespace"),
    "unknown person": ({"user": "nobody"}, "user"),
    "unknown creator": ({"user": "bob", "creator_user": "nobody"}, "creator_user"),
}


@pytest.mark.parametrize(
    "fields, where", REFUSED_DEFAULTS.values(), ids=REFUSED_DEFAULTS
)
def test_a_default_permission_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client,
    cast: Cast,
    who: dict[str, Model],
    fields: dict[str, str],
    where: str,
) -> None:
    data = {"namespace": cast.acme.pk, "role": Role.READ.value}

    response = post(admin_client, ADD_DEFAULT, {**data, **chosen(who, fields)})

    assert where in errors_of(response)
    assert not DefaultPermission.objects.exists()
    assert events_by_admin() == []


def test_an_administrator_grants_whatever_bob_creates_to_the_team(cast: Cast) -> None:
    data = {
        "namespace": cast.acme.pk,
        "creator_user": "bob",
        "team": cast.team.pk,
        "role": 2,
    }

    client = signed_in(cast.alice)
    client.post(ADD_DEFAULT, data)
    listed = client.get(page(DefaultPermission, "changelist"), {"namespace": "acme"})

    row = DefaultPermission.objects.get()
    body = listed.content.decode()
    assert (row.creator_user, row.team, row.role) == (cast.bob, cast.team, Role.WRITE)
    assert "developers (team)" in body
    assert ">bob<" in body.replace("\n", "")
    assert [kind for kind, _ in events_by(cast.alice)] == [
        "create_prototype_permission"
    ]


def test_s01_others_see_no_default_permission_and_make_none(cast: Cast) -> None:
    row = create_default_permission(cast.acme, cast.team, Role.READ, factories.BY)
    data = {"namespace": cast.acme.pk, "user": "charlie", "role": 3}

    for person in (cast.bob, cast.charlie):
        client = signed_in(person)
        listed = client.get(page(DefaultPermission, "changelist"))
        assert list(listed.context["cl"].result_list) == []
        assert "Create default permission" not in listed.content.decode()
        assert list(errors_of(client.post(ADD_DEFAULT, data))) == ["namespace"]
        for name in ("change", "delete"):
            url = page(DefaultPermission, name, row.pk)
            assert client.post(url, {"post": "yes", "role": 3}).status_code == 404
    row.refresh_from_db()
    assert row.role == Role.READ
    assert DefaultPermission.objects.count() == 1


def test_read_only_staff_look_at_default_permissions(cast: Cast) -> None:
    row = create_default_permission(cast.acme, cast.team, Role.READ, factories.BY)
    client, url = signed_in(staff("helper")), page(DefaultPermission, "change", row.pk)

    assert client.get(url).status_code == 200
    assert client.post(url, {"role": 3}).status_code == 403


def test_an_organization_without_any_is_told_what_they_are(cast: Cast) -> None:
    url = page(DefaultPermission, "changelist")

    body = signed_in(cast.alice).get(url, {"namespace": "acme"}).content.decode()

    assert "A default permission gives somebody a role on every new repository" in body
    assert "_changelist_filters=namespace%3Dacme" in body
