"""The caller's own account, and what others see of a person: M2, P6, section 1.8."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from quaysite.lifecycle import people, person_changes
from quaysite.lifecycle.person_changes import Changes
from quaysite.models import User
from robots.errors import AlreadyExists
from robots.lifecycle.switches import Terms, turn_on
from robots.models import AuditEvent, EmergencySwitch, Namespace
from robots.roles import TeamRole
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

USER = "/api/v1/user/"
READ_KEYS = {"anonymous", "username", "avatar", "organizations"}
ADMIN_KEYS = READ_KEYS | {
    "can_create_repo", "is_me", "verified", "email", "logins", "invoice_email",
    "invoice_email_address", "preferred_namespace", "tag_expiration_s", "prompts",
    "company", "family_name", "given_name", "location", "is_free_account",
    "has_password_set",
}  # fmt: skip


def kinds() -> list[str]:
    return [
        event.kind
        for event in AuditEvent.objects.order_by("id")
        if event.kind.startswith(("user_", "account_"))
    ]


def test_a_person_sees_the_own_account_as_far_as_the_scopes_go(
    cast: Cast, local_user: LocalUser
) -> None:
    full = local_user(cast.alice).get(USER)
    assert full.status == 200
    assert set(full.json) == ADMIN_KEYS
    assert full.json["organizations"] == [
        {
            "name": "acme",
            "avatar": full.json["organizations"][0]["avatar"],
            "can_create_repo": True,
            "public": False,
            "is_org_admin": True,
            "preferred_namespace": False,
        }
    ]
    assert full.json["avatar"]["kind"] == "user"
    assert (full.json["anonymous"], full.json["is_me"]) == (False, True)
    assert (full.json["logins"], full.json["prompts"]) == ([], [])
    assert full.json["tag_expiration_s"] == 1_209_600
    assert full.json["company"] is None
    reading = local_user(cast.alice, "user:read").get("/api/v1/user").json
    assert set(reading) == READ_KEYS
    assert reading["organizations"][0]["is_org_admin"] is False
    creating = local_user(cast.alice, "user:read repo:create").get(USER).json
    assert creating["organizations"][0]["can_create_repo"] is True
    assert creating["organizations"][0]["is_org_admin"] is False
    assert local_user(cast.alice, "org:admin").get(USER).status == 403


def test_organizations_are_those_of_the_persons_teams(
    cast: Cast, local_user: LocalUser
) -> None:
    bob = local_user(cast.bob)
    with CaptureQueriesContext(
        connection,
    ) as before:
        [member] = bob.get(USER).json["organizations"]
    assert (member["is_org_admin"], member["can_create_repo"]) == (False, False)
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.bob,))
    for name in ("beta", "gamma", "delta"):
        factories.organization(name, owner=cast.bob)
    with CaptureQueriesContext(connection) as after:
        shown = bob.get(USER).json["organizations"]
    assert [one["name"] for one in shown] == ["acme", "beta", "delta", "gamma"]
    assert (shown[0]["is_org_admin"], shown[0]["can_create_repo"]) == (False, True)
    assert shown[1]["is_org_admin"] is True
    assert len(after) <= len(before)
    assert local_user(cast.charlie).get(USER).json["organizations"] == []


def test_nobody_is_told_that_a_session_is_not_required(local: LocalClient) -> None:
    answer = local.get(USER)
    assert answer.status == 401
    assert next(iter(answer.json)) == "session_required"
    assert answer.json["session_required"] is False
    assert answer.json["error_type"] == "invalid_token"
    wrong = LocalClient("0" * 40).get(USER)
    assert (wrong.status, wrong.json["error_type"]) == (401, "invalid_token")
    assert local.put(USER, {}).json == {"error": "CSRF token was invalid or missing."}
    local.csrf = local.get("/csrf_token").json["csrf_token"]
    refused = local.put(USER, {"email": "x@example.com"})
    assert (refused.status, refused.json["error_type"]) == (401, "invalid_token")
    assert "session_required" not in refused.json


def test_powers_over_the_site_are_shown_where_they_are(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["bob"]
    assert local_user(cast.alice).get(USER).json["super_user"] is True
    assert "super_user" not in local_user(cast.alice, "user:admin").get(USER).json
    auditor = local_user(cast.bob).get(USER).json
    assert auditor["global_readonly_super_user"] is True
    assert "super_user" not in auditor
    assert not {"super_user", "global_readonly_super_user"} & set(
        local_user(cast.charlie).get(USER).json
    )


def test_others_see_a_name_and_an_avatar(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["bob"]
    reduced = {"anonymous", "username", "avatar"}
    assert set(local.get("/api/v1/users/alice").json) == reduced
    assert set(local_user(cast.charlie).get("/api/v1/users/bob").json) == reduced
    for_admin = local_user(cast.alice).get("/api/v1/users/bob").json
    assert (set(for_admin), for_admin["super_user"]) == (
        reduced | {"super_user"},
        False,
    )
    for_auditor = local_user(cast.bob).get("/api/v1/users/alice").json
    assert set(for_auditor) == reduced | {"global_readonly_super_user"}
    assert for_auditor["global_readonly_super_user"] is False
    own = local_user(cast.charlie).get("/api/v1/users/charlie")
    assert set(own.json) == ADMIN_KEYS
    bare = local_user(cast.charlie, "repo:read").get("/api/v1/users/charlie/")
    assert set(bare.json) == reduced


@pytest.mark.parametrize(
    "name", ["nobody", "acme", "acme+ci", "acme%2Bci", "%00", "%ED%A0%80", "x" * 999]
)
def test_who_is_not_a_person_is_not_found(
    cast: Cast, local: LocalClient, name: str
) -> None:
    answer = local.get(f"/api/v1/users/{name}")
    assert answer.status == 404
    assert list(answer.json) == ["message"]


def test_a_person_changes_the_account(cast: Cast, local_user: LocalUser) -> None:
    changed = local_user(cast.alice).put(
        USER,
        {
            "email": "Alice@Example.com",
            "invoice_email": True,
            "invoice_email_address": "bills@example.com",
            "tag_expiration_s": 86400,
            "given_name": "Alice",
            "username": "eve",
            "unknown": 1,
        },
    )
    assert changed.status == 200
    assert set(changed.json) == ADMIN_KEYS
    assert changed.json["email"] == "Alice@Example.com"
    assert changed.json["username"] == "alice"
    assert changed.json["given_name"] is None
    cast.alice.refresh_from_db()
    own = Namespace.objects.get(owner=cast.alice)
    assert (cast.alice.email, cast.alice.first_name) == ("Alice@Example.com", "")
    assert (own.invoice_email, own.tag_expiration_s) == (True, 86400)
    assert own.invoice_email_address == "bills@example.com"
    assert kinds() == [
        "user_change_email",
        "user_change_invoicing",
        "user_change_tag_expiration",
    ]
    event = AuditEvent.objects.get(kind="user_change_email")
    assert (event.namespace, event.performer_name) == (own, "alice")
    assert event.facts["email"] == "Alice@Example.com"
    local_user(cast.alice).put(USER, {"invoice_email_address": None})
    own.refresh_from_db()
    assert own.invoice_email_address == ""


def test_metadata_and_prompts_are_a_feature(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_USER_METADATA = True
    alice = local_user(cast.alice)
    assert sorted(alice.get(USER).json["prompts"]) == ["enter_company", "enter_name"]
    told = {"given_name": "Ålice", "family_name": "Li", "company": None}
    answer = alice.put(USER, told).json
    assert answer["prompts"] == []
    assert (answer["given_name"], answer["company"]) == ("Ålice", None)
    cast.alice.refresh_from_db()
    assert (cast.alice.first_name, cast.alice.last_name) == ("Ålice", "Li")
    assert kinds() == ["user_change_metadata"]
    assert alice.put(USER, {"given_name": "x" * 151}).status == 400


def test_a_rename_is_a_feature_and_takes_the_namespace_along(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_USER_RENAME = True
    settings.SUPER_USERS, settings.GLOBAL_READONLY_SUPER_USERS = ["root"], ["eyes"]
    charlie = local_user(cast.charlie)
    for taken in ("bob", "acme", "root", "eyes"):
        answer = charlie.put(USER, {"username": taken})
        assert (answer.status, answer.json["detail"]) == (
            400,
            "Username is already in use",
        )
    invalid = charlie.put(USER, {"username": "Bad+Name"})
    assert invalid.json["detail"].startswith("Invalid namespace Bad+Name: ")
    renamed = charlie.put(USER, {"username": "carl", "email": "carl@example.com"})
    assert renamed.json["username"] == "carl"
    assert Namespace.objects.get(owner=cast.charlie).name == "carl"
    event = AuditEvent.objects.get(kind="user_change_name")
    assert event.facts["old_username"] == "charlie"
    assert event.facts["username"] == "carl"
    assert charlie.get(USER).json["username"] == "carl"


def test_a_rename_takes_the_exceptions_from_a_switch_along(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_USER_RENAME = True
    turn_on(None, Terms("a leak", allowed=["bob+ci"]), factories.BY)
    bob = local_user(cast.bob)
    assert bob.put(USER, {"username": "bobby"}).status == 200
    assert EmergencySwitch.objects.get().allowed_names == ["bobby+ci"]


def test_a_rename_does_not_make_a_robots_name_too_long(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_USER_RENAME = True
    factories.robot(cast.bob.personal_namespace, "r" * 200)
    answer = local_user(cast.bob).put(USER, {"username": "b" * 55})
    assert answer.status == 400
    assert "255 characters" in answer.json["detail"]
    cast.bob.refresh_from_db()
    assert cast.bob.username == cast.bob.personal_namespace.name == "bob"
    assert kinds() == []


def test_what_cannot_be_changed_changes_nothing(
    cast: Cast, local_user: LocalUser
) -> None:
    factories.user("dora", email="dora@example.com")
    alice = local_user(cast.alice)
    taken = alice.put(USER, {"tag_expiration_s": 0, "email": "DORA@example.com"})
    assert taken.json["detail"] == "E-mail address already used"
    wrong: list[tuple[dict[str, object], str]] = [
        ({"password": "short"}, "Invalid password, password must be at least 8"),
        ({"password": "with white space"}, "Invalid password, password must be at"),
        ({"password": "password"}, "This password is too common."),
        ({"password": "x" * 5000}, "Invalid password, password must be at most"),
        ({"password": 12345678}, "12345678 is not of type 'string'"),
        ({"email": None}, "None is not of type 'string'"),
        ({"email": "x" * 300}, "'xxx"),
        ({"tag_expiration_s": 5}, "5 is not one of [0, 86400, "),
        ({"tag_expiration_s": 10**30}, f"{10**30} is not one of"),
        ({"tag_expiration_s": True}, "True is not of type 'integer'"),
        ({"invoice_email": "yes"}, "'yes' is not of type 'boolean'"),
        ({"email": "a\x00b"}, "body: NUL"),
    ]
    for body, text in wrong:
        answer = alice.put(USER, body)
        assert (answer.status, answer.json["status"]) == (400, 400), body
        assert answer.json["detail"].startswith(text)
    assert alice.put(USER, b"{").status == 400
    assert alice.put(USER).status == 415
    assert local_user(cast.alice, "user:read").put(USER, {}).status == 403
    assert Namespace.objects.get(owner=cast.alice).tag_expiration_s == 1_209_600
    assert kinds() == []


def test_a_new_password_ends_every_other_session(cast: Cast) -> None:
    here, there = signed_in(cast.alice), signed_in(cast.alice)
    assert there.get(USER).status == 200
    assert here.put(USER, {"password": "a-longer-secret"}).status == 200
    assert here.get(USER).json["username"] == "alice"
    assert here.put(USER, {"invoice_email": True}).status == 200
    assert there.get(USER).status == 401
    cast.alice.refresh_from_db()
    assert cast.alice.check_password("a-longer-secret")
    event = AuditEvent.objects.get(kind="account_change_password")
    assert "a-longer-secret" not in str(event.facts)


def test_a_clash_that_only_the_database_sees_is_refused_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LocalUser when somebody else takes the address after the look at it."""
    factories.user("dora", email="dora@example.com")
    answers = iter([False, True])
    monkeypatch.setattr(
        person_changes, "is_email_taken", lambda *_, **__: next(answers)
    )
    with pytest.raises(AlreadyExists, match="E-mail address already used"):
        person_changes.change_person(
            cast.alice, Changes(email="Dora@example.com"), factories.BY
        )
    assert User.objects.get(pk=cast.alice.pk).email == ""
    monkeypatch.setattr(people, "_check_new", lambda *_: None)
    with pytest.raises(AlreadyExists, match="The username already exists"):
        people.create_person("dora", factories.PASSWORD, factories.BY)


@pytest.mark.django_db(transaction=True)
def test_over_real_http(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    assert api.get(USER).json["session_required"] is False
    alice = as_user(cast.alice)
    assert alice.put(USER, {"email": "a@example.com"}).json["email"] == "a@example.com"
    assert alice.get("/api/v1/users/alice").json["email"] == "a@example.com"
