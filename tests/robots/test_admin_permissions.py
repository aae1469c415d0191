"""Repository permissions on the admin site: one list of all of them."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from robots.models import RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, delete, errors_of, events_by_admin, page, post
from tests.robots.admin_people import events_by, signed_in, staff

ADD = "/admin/robots/repositorypermission/add/"
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
        name: who[word].pk if word in who and name != "user" else word
        for name, word in fields.items()
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
    "the namespace's owner": ({"repository": "bobs", "user": "bob"}, "user"),
    "unknown person": ({"user": "nobody"}, "user"),
    "a person's key": ({"user": "1"}, "user"),
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


def test_an_administrator_grants_changes_and_revokes_what_is_theirs(
    cast: Cast, who: dict[str, Model]
) -> None:
    client = signed_in(cast.alice)
    data = {"repository": cast.public.pk, "role": 2, **NO_END}

    client.post(ADD, {**data, "user": "charlie"})
    row = RepositoryPermission.objects.get(repository=cast.public)
    client.post(page(RepositoryPermission, "change", row.pk), {"role": 1, **NO_END})
    row.refresh_from_db()
    client.post(page(RepositoryPermission, "delete", row.pk), {"post": "yes"})

    assert (row.user, row.role) == (cast.charlie, Role.READ)
    assert not RepositoryPermission.objects.filter(repository=cast.public).exists()
    assert [kind for kind, _ in events_by(cast.alice)] == [
        "change_repo_permission",
        "change_repo_permission",
        "delete_repo_permission",
    ]


def test_s01_others_see_no_permission_and_grant_none(
    cast: Cast, who: dict[str, Model]
) -> None:
    row = RepositoryPermission.objects.get(repository=cast.web, robot=cast.ci)
    data = {"repository": cast.web.pk, "user": "charlie", "role": 3, **NO_END}

    for person in (cast.bob, cast.charlie):
        client = signed_in(person)
        listed = client.get(page(RepositoryPermission, "changelist"))
        assert list(listed.context["cl"].result_list) == []
        assert list(errors_of(client.post(ADD, data))) == ["repository"]
        for name in ("change", "delete"):
            url = page(RepositoryPermission, name, row.pk)
            assert client.get(url).status_code == 404
            assert client.post(url, {"post": "yes", "role": 3}).status_code == 404
    row.refresh_from_db()
    assert row.role == Role.WRITE
    assert RepositoryPermission.objects.count() == 3


def test_read_only_staff_look_at_permissions(cast: Cast) -> None:
    client = signed_in(staff("helper"))
    row = RepositoryPermission.objects.get(repository=cast.web, robot=cast.ci)

    url = page(RepositoryPermission, "changelist")
    listed = client.get(url, {"namespace": "acme"})
    changed = client.post(page(RepositoryPermission, "change", row.pk), {"role": 3})

    assert len(listed.context["cl"].result_list) == 3
    assert "Add permission" not in listed.content.decode()
    assert changed.status_code == 403
