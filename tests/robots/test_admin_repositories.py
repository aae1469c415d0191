"""Repositories on the admin site."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from robots.lifecycle.permissions import grant
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Repository,
    RepositoryPermission,
)
from robots.roles import Role, State, Visibility
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import (
    ADDRESS,
    act,
    delete,
    errors_of,
    events_by_admin,
    messages_of,
    page,
    post,
)

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


def test_each_state_of_a_repository_reads_in_words(
    admin_client: Client, cast: Cast
) -> None:
    cast.web.state = State.READ_ONLY
    cast.web.save()
    shown = admin_client.get(page(Repository, "changelist")).content.decode()
    assert "Read-only" in shown
    assert "Public" in shown


def listed(client: Client) -> set[str]:
    rows = client.get(page(Repository, "changelist")).context["cl"].result_list
    return {row.full_name for row in rows}


def test_a_member_sees_what_the_api_would_list_and_nothing_else(
    client: Client, cast: Cast
) -> None:
    """api by a team, public because it is; web and its guessed id do not exist."""
    other = factories.organization("other")
    factories.repository(other, "shown", Visibility.PUBLIC)
    lent = factories.repository(other, "lent")
    grant(lent, cast.bob, Role.READ, factories.BY)
    client.force_login(cast.bob)
    assert listed(client) == {"acme/api", "acme/public", "other/lent"}
    assert client.get(page(Repository, "change", cast.web.pk)).status_code == 404
    assert client.get(page(Repository, "change", lent.pk)).status_code == 200
    cast.acme.enabled = False
    cast.acme.save()
    assert listed(client) == {"other/lent"}
    client.force_login(cast.alice)
    assert listed(client) == {"acme/api", "acme/public", "acme/web"}


def test_a_member_looks_at_the_settings_and_at_no_other_tab(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.bob)
    for name in ("access", "permissions"):
        for row, status in ((cast.api, 403), (cast.web, 404)):
            assert client.get(page(Repository, name, row.pk)).status_code == status
    body = client.get(page(Repository, "change", cast.api.pk)).content.decode()
    assert "Who can access" not in body
    shown = client.get(page(Repository, "changelist")).content.decode()
    assert page(Repository, "access", cast.api.pk) not in shown
    refused = post(client, page(Repository, "change", cast.api.pk), {"visibility": 2})
    assert refused.status_code == 403


def test_an_administrator_creates_a_repository_as_over_the_api(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    made = post(client, ADD, new_repository(cast))
    repository = Repository.objects.get(namespace=cast.acme, name="tools/cli")
    assert made["Location"] == page(Repository, "permissions", repository.pk)
    assert [row.user for row in repository.permissions.all()] == [cast.alice]


def test_repositories_are_made_public_after_a_question(
    client: Client, cast: Cast
) -> None:
    other = factories.repository(factories.organization("other"), "secret")
    client.force_login(cast.alice)
    rows = (cast.web, cast.public, other)
    asked = act(client, Repository, "make_public", *rows)
    assert "Make 1 repository public?" in asked.content.decode()
    cast.web.refresh_from_db()
    assert cast.web.visibility == Visibility.PRIVATE

    done = act(client, Repository, "make_public", *rows, confirmed="yes")
    assert messages_of(done) == ["Repositories made public: 1."]
    stored = Repository.objects.filter(visibility=Visibility.PUBLIC)
    assert {row.full_name for row in stored} == {"acme/public", "acme/web"}
    [event] = AuditEvent.objects.filter(kind="change_repo_visibility")
    assert (event.performer_name, event.facts["visibility"]) == ("alice", "public")
    act(client, Repository, "make_private", cast.web, confirmed="yes")
    cast.web.refresh_from_db()
    assert cast.web.visibility == Visibility.PRIVATE


def test_members_make_nothing_public(client: Client, cast: Cast) -> None:
    client.force_login(cast.bob)
    act(client, Repository, "make_public", cast.api, confirmed="yes")
    cast.api.refresh_from_db()
    assert cast.api.visibility == Visibility.PRIVATE


def test_the_page_of_a_deletion_says_what_goes_with_a_repository(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    body = client.get(page(Repository, "delete", cast.web.pk)).content.decode()
    assert "acme/web" in body
    assert "repository permissions: 2" in body.lower().replace("\n", " ")
    assert delete(client, cast.web).status_code == 200
    assert not Repository.objects.filter(pk=cast.web.pk).exists()


def test_who_can_access_names_each_and_where_it_comes_from(
    client: Client, cast: Cast
) -> None:
    cast.reader.enabled = False
    cast.reader.save()
    client.force_login(cast.alice)
    own = page(Repository, "access", cast.web.pk)
    response = client.get(own)
    lines = {line.holder.name: line for line in response.context["lines"]}
    assert set(lines) == {"owners", "alice", "acme+ci", "acme+reader"}
    assert lines["acme+reader"].stopped == "disabled"
    assert [o.text for o in lines["alice"].sources] == [
        "Organization administrators (team owners)"
    ]
    found = client.get(own, {"q": "CI", "kind": "robot"}).context["lines"]
    assert [line.holder.name for line in found] == ["acme+ci"]
    for query in ({"kind": "\x00"}, {"p": "9" * 99}, {"q": "x" * 10_000}):
        assert client.get(own, query).status_code == 200


def give(client: Client, on: Repository, **data: Any) -> Any:
    url = page(Repository, "permissions", on.pk)
    return client.post(url, data, follow=True, REMOTE_ADDR=ADDRESS)


def test_roles_are_given_changed_and_removed_on_the_page(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    until = "2090-01-02T10:30"
    give(client, cast.web, do="add_person", person="bob", role=2, until=until)
    give(client, cast.web, do="add_robot", robot=cast.ci.pk, role=3)
    give(client, cast.web, do="add_team", team=cast.team.pk, role=1)
    rows = {str(row.grantee): row for row in cast.web.permissions.all()}
    assert {name: row.role for name, row in rows.items()} == {
        "bob": 2, "acme+ci": 3, "acme+reader": 1, "developers": 1,
    }  # fmt: skip
    assert rows["bob"].expires_at == datetime(2090, 1, 2, 10, 30, tzinfo=UTC)

    give(client, cast.web, do="change", row=rows["bob"].pk, role=1)
    changed = cast.web.permissions.get(user=cast.bob)
    assert (changed.role, changed.expires_at) == (1, None)
    give(client, cast.web, do="remove", row=rows["developers"].pk)
    assert not cast.web.permissions.filter(team=cast.team).exists()
    events = AuditEvent.objects.filter(performer_name="alice", address=ADDRESS)
    assert [event.kind for event in events.order_by("id")] == [
        *["change_repo_permission"] * 4,
        "delete_repo_permission",
    ]


def test_s02_what_is_posted_is_looked_up_in_this_repository_and_namespace(
    client: Client, cast: Cast
) -> None:
    other = factories.organization("other", owner=cast.alice)
    foreign = factories.repository(other, "hidden")
    spy, _ = factories.robot(other, "spy")
    spies = factories.team(other, "spies")
    theirs = grant(foreign, spy, Role.READ, factories.BY)
    before = list(RepositoryPermission.objects.values())
    client.force_login(cast.alice)
    for data in (
        {"do": "add_robot", "robot": spy.pk, "role": 3},
        {"do": "add_team", "team": spies.pk, "role": 3},
        {"do": "change", "row": theirs.pk, "role": 3},
        {"do": "remove", "row": theirs.pk},
    ):
        assert give(client, cast.web, **data).status_code == 200
    client.force_login(cast.bob)
    for data in (
        {"do": "add_person", "person": "bob", "role": 3},
        {"do": "remove", "row": cast.api.permissions.get().pk},
    ):
        assert give(client, cast.api, **data).status_code == 403
        assert give(client, cast.web, **data).status_code == 404
    assert list(RepositoryPermission.objects.values()) == before


WRONG: dict[str, dict[str, Any]] = {
    "nobody of that name": {"do": "add_person", "person": "nobody", "role": 1},
    "NUL": {"do": "add_person", "person": "bo\x00b", "role": 1},
    "a long name": {"do": "add_person", "person": "b" * 100_000, "role": 1},
    "no role": {"do": "add_person", "person": "bob"},
    "an unknown role": {"do": "add_person", "person": "bob", "role": 9},
    "an end in the past": {
        "do": "add_person", "person": "bob", "role": 1, "until": "2001-01-01T00:00",
    },
    "an end too late": {
        "do": "add_person", "person": "bob", "role": 1, "until": "9999-12-31T23:59",
    },
    "no end": {"do": "add_person", "person": "bob", "role": 1, "until": "soon"},
    "no key": {"do": "add_robot", "robot": "x\x00", "role": 1},
    "a huge key": {"do": "add_team", "team": "9" * 400, "role": 1},
    "no row": {"do": "change", "row": "9" * 400, "role": 1},
    "no deed": {"do": "drop"},
    "nothing": {},
}  # fmt: skip


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_cannot_be_given_is_said_and_stores_nothing(
    client: Client, cast: Cast, data: dict[str, Any]
) -> None:
    client.force_login(cast.alice)
    before = list(RepositoryPermission.objects.values())
    response = give(client, cast.web, **data)
    assert response.status_code == 200
    forms = response.context["forms"]
    assert any(form.errors for form in forms) or messages_of(response)
    assert list(RepositoryPermission.objects.values()) == before


def test_lists_and_pages_cost_few_queries_whatever_there_is(
    client: Client, cast: Cast
) -> None:
    robots = [factories.robot(cast.acme, f"robot{n}")[0] for n in range(30)]
    for n, robot in enumerate(robots):
        row = factories.repository(cast.acme, f"many/{n}")
        grant(row, robot, Role.READ, factories.BY)
        grant(cast.web, robot, Role.READ, factories.BY)
    client.force_login(cast.alice)
    for url in (
        page(Repository, "changelist") + "?namespace=acme",
        page(Repository, "access", cast.web.pk),
        page(Repository, "permissions", cast.web.pk),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= 15, url
