"""Repositories by API: created, changed and deleted."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from robots.errors import NotFound
from robots.lifecycle.permissions import grant
from robots.lifecycle.repository_changes import (
    delete_repository,
    set_description,
    set_state,
    set_visibility,
)
from robots.models import AuditEvent, DefaultPermission, Namespace, Repository, Star
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.repository_calls import ALL, NOT_FOUND, PUBLIC, WEB, refused
from tests.api.shapes import UNAUTHORIZED
from tests.conftest import Cast
from tests.factories import BY

pytestmark = pytest.mark.django_db


def new(**changes: object) -> dict[str, object]:
    body = {"repository": "new", "visibility": "private", "description": ""}
    return {**body, "namespace": "acme", **changes}


@pytest.mark.django_db(transaction=True)
def test_a_round_trip(cast: Cast, as_user: Callable[..., Client]) -> None:
    alice = as_user(cast.alice)
    text = "Größe\n \t{}"
    made = alice.post(ALL, new(description=text, repo_kind=None))
    assert (made.status, made.json) == (
        201,
        {"namespace": "acme", "name": "new", "kind": "image"},
    )
    shown = alice.get(f"{ALL}/acme/new?includeStats=true")
    assert (shown.status, shown.json) == (
        200,
        {
            "namespace": "acme",
            "name": "new",
            "description": text,
            "is_public": False,
            "kind": "image",
            "state": "NORMAL",
            "is_organization": True,
            "is_starred": False,
            "status_token": "",
            "trust_enabled": False,
            "tag_expiration_s": 1209600,
            "is_free_account": False,
            "can_write": True,
            "can_admin": True,
            "tags": {},
            "stats": [],
        },
    )
    assert alice.put(f"{ALL}/acme/new", {"description": "d"}).json == {"success": True}
    gone = alice.delete(f"{ALL}/acme/new")
    assert (gone.status, gone.text) == (204, "")
    assert alice.get(f"{ALL}/acme/new").status == 404
    assert alice.post(ALL, new()).status == 201


def test_a_new_repository_grants_its_creator_and_by_default(
    cast: Cast, local_user: LocalUser
) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, role=Role.WRITE
    )
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.bob,))
    bob = local_user(cast.bob, "repo:create")
    assert bob.post(ALL, new(visibility="public")).status == 201
    made = Repository.objects.get(name="new")
    assert made.visibility == Visibility.PUBLIC
    assert made.permissions.get(user=cast.bob).role == Role.ADMIN
    assert made.permissions.get(robot=cast.ci).role == Role.WRITE
    event = AuditEvent.objects.get(kind="create_repo", repository_name="new")
    assert (event.performer_name, event.facts["visibility"]) == ("bob", "public")
    body = new()
    del body["namespace"]
    assert bob.post(ALL, body).json["namespace"] == "bob"
    assert not Repository.objects.get(namespace__name="bob").permissions.exists()


def test_who_may_create(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    before = Repository.objects.count()
    assert local.post(ALL, new()).json == {
        "error": "CSRF token was invalid or missing."
    }
    for client in (
        local_user(cast.bob),
        local_user(cast.charlie),
        local_user(cast.alice, "repo:admin user:admin"),
    ):
        for body in (new(), new(repository="web"), new(namespace="nosuch")):
            assert client.post(ALL, body).json == UNAUTHORIZED
    for namespace in ("bob", "", "a\n", "ACME", "x" * 300):
        answer = local_user(cast.alice).post(ALL, new(namespace=namespace))
        assert answer.json == UNAUTHORIZED
    Namespace.objects.filter(name="acme").update(enabled=False)
    assert local_user(cast.alice).post(ALL, new()).json == UNAUTHORIZED
    settings.SUPER_USERS = ["charlie"]
    charlie = local_user(cast.charlie)
    assert charlie.post(ALL, new(namespace="bob")).json == UNAUTHORIZED
    assert Repository.objects.count() == before
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    assert charlie.post(ALL, new(namespace="bob")).status == 201


def test_what_no_repository_is_created_from(cast: Cast, alice: LocalClient) -> None:
    before = Repository.objects.count()
    for body, message in (
        (new(repository="web"), "Repository already exists"),
        (new(repository="Web"), "Invalid repository name"),
        (new(repository=""), "Invalid repository name"),
        (new(repository="a\n"), "Invalid repository name"),
        (new(repository="a" * 256), "Invalid repository name"),
        (new(repository="a//b"), "Invalid repository name"),
        (new(repository=5), "5 is not of type 'string'"),
        (new(visibility="secret"), "'secret' is not one of ['private', 'public']"),
        (new(visibility=None), "None is not of type 'string'"),
        (new(repo_kind="application"), "'application' is not one of ['image']"),
        (new(namespace=None), "None is not of type 'string'"),
        (
            new(description="a\x00"),
            "body: NUL and lone surrogates cannot be stored",
        ),
        (
            {"repository": "new", "description": ""},
            "'visibility' is a required property",
        ),
        (
            {"repository": "n", "visibility": "public"},
            "'description' is a required property",
        ),
        (None, None),
    ):
        answer = alice.post(ALL, body)
        assert answer.status == (415 if message is None else 400)
        assert message is None or answer.json == refused(message)
    assert Repository.objects.count() == before


def test_changes_are_stored_and_audited_once(cast: Cast, alice: LocalClient) -> None:
    changes = [
        ("PUT", "", "set_repo_description", {"description": "é\n"}),
        ("POST", "/changevisibility", "change_repo_visibility", PUBLIC),
        ("PUT", "/changestate", "change_repo_state", {"state": "MIRROR"}),
    ]
    for method, rest, kind, body in changes:
        for _ in range(2):
            answer = alice.send(method, WEB + rest, {**body, "extra": 1}, {})
            assert (answer.status, answer.json) == (200, {"success": True})
        event = AuditEvent.objects.get(kind=kind)
        assert event.facts.items() >= {**body, "repo": "web"}.items()
        assert event.repository_name == "web"
        assert event.performer_name == "alice"
    shown = alice.get(WEB).json
    assert (shown["description"], shown["is_public"], shown["state"]) == (
        "é\n",
        True,
        "MIRROR",
    )
    assert shown["can_write"] is True


def test_changes_ask_for_a_role(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    grant(cast.web, cast.bob, Role.WRITE, BY)
    bob = local_user(cast.bob, "repo:write")
    assert bob.put(WEB, {"description": "b"}).status == 200
    reader = local_user(cast.bob, "repo:read")
    for client in (bob, reader, local_user(cast.charlie)):
        visibility = client.post(f"{WEB}/changevisibility", PUBLIC)
        assert visibility.json == UNAUTHORIZED
        state = client.put(f"{WEB}/changestate", {"state": "MIRROR"})
        assert state.json == UNAUTHORIZED
        assert client.delete(WEB).json == UNAUTHORIZED
    for client in (reader, local_user(cast.charlie)):
        assert client.put(WEB, {"description": "c"}).json == UNAUTHORIZED
    web = Repository.objects.get(pk=cast.web.pk)
    assert (web.description, web.visibility) == ("b", Visibility.PRIVATE)


def test_wrong_changes(cast: Cast, alice: LocalClient) -> None:
    visibilities, states = ["private", "public"], ["NORMAL", "READ_ONLY", "MIRROR"]
    for method, rest, body, message in (
        ("PUT", "", {}, "'description' is a required property"),
        ("PUT", "", {"description": 1}, "1 is not of type 'string'"),
        (
            "POST",
            "/changevisibility",
            {"visibility": "x"},
            f"'x' is not one of {visibilities}",
        ),
        ("PUT", "/changestate", {"state": "x"}, f"'x' is not one of {states}"),
    ):
        answer = alice.send(method, WEB + rest, body, {})
        assert (answer.status, answer.json) == (400, refused(message))
    assert alice.get(f"{WEB}/changestate").status == 405
    assert not AuditEvent.objects.filter(kind="change_repo_state").exists()


def test_a_deleted_repository_leaves_nothing_but_its_events(
    cast: Cast, alice: LocalClient
) -> None:
    Star.objects.create(user=cast.bob, repository=cast.web)
    assert alice.delete(f"{WEB}/").status == 204
    assert not Repository.objects.filter(name="web").exists()
    assert not cast.ci.repository_permissions.exists()
    event = AuditEvent.objects.get(kind="delete_repo")
    assert (event.repository_name, event.facts["repo"]) == ("web", "web")
    assert alice.post(ALL, new(repository="web")).status == 201
    assert alice.get(f"{WEB}/permissions/user/acme+ci").status == 400


def test_deeds_on_what_is_gone_meanwhile(cast: Cast) -> None:
    Repository.objects.filter(pk=cast.web.pk).delete()
    events = AuditEvent.objects.count()
    deeds: list[Callable[[], None]] = [
        lambda: delete_repository(cast.web, BY),
        lambda: set_description(cast.web, "x", BY),
        lambda: set_visibility(cast.web, Visibility.PUBLIC, BY),
        lambda: set_state(cast.web, State.READ_ONLY, BY),
    ]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()
    assert AuditEvent.objects.count() == events


def test_names_with_slashes_and_words_of_the_api(
    cast: Cast, alice: LocalClient
) -> None:
    for name in ("a/b/c", "permissions", "tag", "a/changestate/b", "mirror/x", "logs"):
        assert alice.post(ALL, new(repository=name)).status == 201
        path = f"{ALL}/acme/{name}"
        for slash in ("", "/"):
            assert alice.get(path + slash).json["name"] == name
        assert alice.put(f"{path}/changestate", {"state": "READ_ONLY"}).status == 200
        assert Repository.objects.get(name=name).state == State.READ_ONLY
        assert alice.delete(path).status == 204
    assert alice.get(f"{ALL}/acme//web").status == 404


def test_what_the_site_does_not_have(cast: Cast, alice: LocalClient) -> None:
    assert alice.get(f"{WEB}/tag/?limit=10&page=1&onlyActiveTags=true").json == {
        "tags": [],
        "page": 1,
        "has_additional": False,
    }
    for kind in ("autoprunepolicy", "immutabilitypolicy"):
        assert alice.get(f"{WEB}/{kind}/").json == {"policies": []}
        for answer in (
            alice.post(f"{WEB}/{kind}/", {}),
            alice.get(f"{WEB}/{kind}/x"),
            alice.put(f"{WEB}/{kind}/x", {}),
            alice.delete(f"{WEB}/{kind}/x"),
        ):
            assert (answer.status, answer.json) == (404, NOT_FOUND)
    assert alice.get(f"{WEB}/mirror").json == NOT_FOUND
