"""Repositories on the admin site."""

from typing import Any

import pytest
from django.test import Client

from robots.models import DefaultPermission, Repository
from robots.roles import Role, State, Visibility
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, delete, errors_of, events_by_admin, page, post

ADD = "/admin/robots/repository/add/"


def new_repository(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {
        "namespace": cast.acme.pk,
        "name": "tools/cli",
        "visibility": Visibility.PRIVATE.value,
        "description": "",
        **fields,
    }


def test_a_new_repository_gets_the_default_permissions_and_no_creator(
    admin_client: Client, cast: Cast
) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.reader, role=Role.READ
    )
    data = new_repository(cast, visibility=Visibility.PUBLIC.value, description="cli")

    assert post(admin_client, ADD, data).status_code == 302

    made = Repository.objects.get(namespace=cast.acme, name="tools/cli")
    assert (made.visibility, made.description) == (Visibility.PUBLIC, "cli")
    assert [(row.robot, row.role) for row in made.permissions.all()] == [
        (cast.reader, Role.READ)
    ]
    assert events_by_admin() == [
        ("create_repo", {"repo": "tools/cli", "visibility": "public"})
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "name taken": ({"name": "web"}, "__all__"),
    "capital letters": ({"name": "Web"}, "name"),
    "leading slash": ({"name": "/web"}, "name"),
    "NUL in the name": ({"name": "we\x00b"}, "name"),
    "too long a name": ({"name": "w" * 256}, "name"),
    "unknown visibility": ({"visibility": "3"}, "visibility"),
    "NUL in the description": ({"description": "\x00"}, "description"),
    "no namespace": ({"namespace": ""}, "namespace"),
}


@pytest.mark.parametrize("fields, where", REFUSED.values(), ids=REFUSED)
def test_a_repository_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client, cast: Cast, fields: dict[str, Any], where: str
) -> None:
    before = Repository.objects.count()

    assert where in errors_of(post(admin_client, ADD, new_repository(cast, **fields)))
    assert Repository.objects.count() == before
    assert events_by_admin() == []


def test_each_changed_thing_is_stored_and_audited(
    admin_client: Client, cast: Cast
) -> None:
    data = {
        "name": "evil",
        "visibility": Visibility.PUBLIC.value,
        "state": State.MIRROR.value,
        "mirror_robot": cast.ci.pk,
        "description": "a copy",
    }

    saved = post(admin_client, page(Repository, "change", cast.web.pk), data)

    cast.web.refresh_from_db()
    assert saved.status_code == 302
    assert (cast.web.name, cast.web.description) == ("web", "a copy")
    assert (cast.web.visibility, cast.web.state, cast.web.mirror_robot) == (
        Visibility.PUBLIC,
        State.MIRROR,
        cast.ci,
    )
    assert sorted(events_by_admin()) == [
        ("change_repo_mirror_robot", {"repo": "web", "mirror_robot": "acme+ci"}),
        ("change_repo_state", {"repo": "web", "state": "MIRROR"}),
        ("change_repo_visibility", {"repo": "web", "visibility": "public"}),
        ("set_repo_description", {"repo": "web", "description": "a copy"}),
    ]


def test_a_foreign_mirror_robot_is_refused_beside_the_field(
    admin_client: Client, cast: Cast
) -> None:
    spy, _ = factories.robot(factories.organization("other"), "spy")
    data = {
        "visibility": Visibility.PUBLIC.value,
        "state": State.MIRROR.value,
        "mirror_robot": spy.pk,
    }

    response = post(admin_client, page(Repository, "change", cast.web.pk), data)

    cast.web.refresh_from_db()
    assert errors_of(response)["mirror_robot"] == [
        "other+spy belongs to another namespace."
    ]
    assert (cast.web.mirror_robot, cast.web.state) == (None, State.NORMAL)
    assert events_by_admin() == []


def test_repositories_are_deleted_one_by_one_and_in_bulk(
    admin_client: Client, cast: Cast
) -> None:
    delete(admin_client, cast.web)
    act(admin_client, Repository, "delete_selected", cast.api, post="yes")

    assert list(Repository.objects.all()) == [cast.public]
    assert events_by_admin() == [
        ("delete_repo", {"repo": "web"}),
        ("delete_repo", {"repo": "api"}),
    ]
