"""Repository permissions and default permissions on the admin site."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from robots.models import DefaultPermission, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, delete, errors_of, events_by_admin, page, post

ADD = "/admin/robots/repositorypermission/add/"
ADD_DEFAULT = "/admin/robots/defaultpermission/add/"
NO_END = {"expires_at_0": "", "expires_at_1": ""}


@pytest.fixture
def who(cast: Cast) -> dict[str, Model]:
    """Those whom the tables below speak of, by the words they use."""
    other = factories.organization("other")
    return {
        "alice": cast.alice,
        "ci": cast.ci,
        "reader": cast.reader,
        "developers": cast.team,
        "spy": factories.robot(other, "spy")[0],
        "spies": factories.team(other, "spies"),
        "bobs": factories.repository(cast.bob.personal_namespace, "tools"),
        "bob": cast.bob,
    }


def chosen(who: dict[str, Model], fields: dict[str, str]) -> dict[str, Any]:
    return {
        name: who[word].pk if word in who else word for name, word in fields.items()
    }


GRANTEES = {
    "person": ({"user": "alice"}, {"username": "alice"}),
    "robot": ({"robot": "ci"}, {"username": "acme+ci"}),
    "team": ({"team": "developers"}, {"team": "developers"}),
}


@pytest.mark.parametrize("grantee, named", GRANTEES.values(), ids=GRANTEES)
def test_a_grant_is_stored_changed_and_revoked_with_an_event_each(
    admin_client: Client,
    cast: Cast,
    who: dict[str, Model],
    grantee: dict[str, str],
    named: dict[str, str],
) -> None:
    data = {"repository": cast.public.pk, "role": Role.WRITE.value, **NO_END}

    added = post(admin_client, ADD, {**data, **chosen(who, grantee)})
    row = RepositoryPermission.objects.get(repository=cast.public)
    given = (row.role, row.expires_at, row.namespace_id, row.grantee)
    changed = post(
        admin_client,
        page(RepositoryPermission, "change", row.pk),
        {
            "role": Role.READ.value,
            "expires_at_0": "2031-01-02",
            "expires_at_1": "00:00:00",
        },
    )
    row.refresh_from_db()
    delete(admin_client, row)

    ((_, word),) = grantee.items()
    assert (added.status_code, changed.status_code) == (302, 302)
    assert given == (Role.WRITE, None, cast.acme.pk, who[word])
    assert row.role == Role.READ
    assert row.expires_at is not None and row.expires_at.year == 2031
    assert not RepositoryPermission.objects.filter(repository=cast.public).exists()
    repo = {"repo": "public", **named}
    assert events_by_admin() == [
        ("change_repo_permission", {**repo, "role": "write", "until": None}),
        (
            "change_repo_permission",
            {**repo, "role": "read", "until": "2031-01-02T00:00:00+00:00"},
        ),
        ("delete_repo_permission", repo),
    ]


def test_grants_are_revoked_in_bulk(admin_client: Client, cast: Cast) -> None:
    rows = list(RepositoryPermission.objects.filter(repository=cast.web))

    act(admin_client, RepositoryPermission, "delete_selected", *rows, post="yes")

    assert len(rows) == 2
    assert not RepositoryPermission.objects.filter(repository=cast.web).exists()
    assert [kind for kind, _ in events_by_admin()] == ["delete_repo_permission"] * 2


def test_whom_and_what_a_grant_is_about_stays_whatever_is_posted(
    admin_client: Client, cast: Cast, who: dict[str, Model]
) -> None:
    row = RepositoryPermission.objects.get(repository=cast.web, robot=cast.ci)
    data = {"repository": cast.api.pk, "robot": who["spy"].pk, "role": 3, **NO_END}

    post(admin_client, page(RepositoryPermission, "change", row.pk), data)

    row.refresh_from_db()
    assert (row.repository, row.robot, row.role) == (cast.web, cast.ci, Role.ADMIN)


REFUSED = {
    "foreign robot": ({"robot": "spy"}, "robot"),
    "foreign team": ({"team": "spies"}, "team"),
    "robot on a foreign repository": ({"repository": "bobs", "robot": "ci"}, "robot"),
    "nobody": ({}, "__all__"),
    "two grantees": ({"robot": "reader", "team": "developers"}, "__all__"),
    "granted already": ({"robot": "ci"}, "__all__"),
    "the namespace's owner": ({"repository": "bobs", "user": "bob"}, "__all__"),
    "unknown role": ({"user": "alice", "role": "9"}, "role"),
    "no role": ({"user": "alice", "role": ""}, "role"),
    "unknown robot": ({"robot": "99999999999999999999999"}, "robot"),
    "robot that is no number": ({"robot": "\x00"}, "robot"),
    "no repository": ({"robot": "reader", "repository": ""}, "repository"),
    "no date": ({"user": "alice", "expires_at_0": "soon"}, "expires_at"),
    "NUL in the date": ({"user": "alice", "expires_at_0": "\x00"}, "expires_at"),
}


@pytest.mark.parametrize("fields, where", REFUSED.values(), ids=REFUSED)
def test_a_grant_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client,
    cast: Cast,
    who: dict[str, Model],
    fields: dict[str, str],
    where: str,
) -> None:
    data = {"repository": cast.web.pk, "role": Role.ADMIN.value, **NO_END}
    before = list(RepositoryPermission.objects.values())

    response = post(admin_client, ADD, {**data, **chosen(who, fields)})

    assert where in errors_of(response)
    assert list(RepositoryPermission.objects.values()) == before
    assert events_by_admin() == []


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
