"""People, for who administers the site: section 1.10, P3, P4."""

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.models import AuditEvent, Namespace, Robot
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

USERS = "/api/v1/superuser/users/"
KEYS = [
    "kind", "name", "username", "email", "verified", "avatar", "super_user",
    "global_readonly_super_user", "enabled",
]  # fmt: skip


@pytest.fixture
def root(db: None, settings: Settings, local_user: LocalUser) -> LocalClient:
    """A site administrator's token; `eyes` audits the site."""
    settings.SUPER_USERS = ["root", "other-root"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["eyes"]
    return local_user(factories.user("root"))


def login(robot: Robot, secret: str) -> int:
    pair = base64.b64encode(f"{robot.full_name}:{secret}".encode()).decode()
    path = "/v2/auth?service=127.0.0.1:5000"
    return LocalClient().get(path, Authorization=f"Basic {pair}").status


def test_people_are_listed_page_by_page_and_found(
    cast: Cast, root: LocalClient
) -> None:
    shown = root.get(USERS)
    assert (shown.status, list(shown.json)) == (200, ["users"])
    names = [one["username"] for one in shown.json["users"]]
    assert names == ["alice", "bob", "charlie", "root"]
    assert list(shown.json["users"][0]) == KEYS
    assert [one["super_user"] for one in shown.json["users"]] == [False] * 3 + [True]
    first = root.get(f"{USERS}?limit=3").json
    rest = root.get(f"{USERS}?limit=3&next_page={first['next_page']}").json
    assert [one["name"] for one in rest["users"]] == ["root"]
    assert "next_page" not in rest
    found = root.get(f"{USERS}?q=LI").json["users"]
    assert [one["name"] for one in found] == ["alice", "charlie"]
    User.objects.filter(username="bob").update(is_active=False)
    assert len(root.get(f"{USERS}?disabled=false").json["users"]) == 3
    for wrong in ("limit=0", "limit=x", "next_page=x", "q=%00"):
        answer = root.get(f"{USERS}?{wrong}")
        assert (answer.status, list(answer.json)) == (400, ["message"])


def test_a_longer_list_costs_as_many_queries(root: LocalClient) -> None:
    with CaptureQueriesContext(connection) as short:
        root.get(USERS)
    for number in range(5):
        factories.user(f"person{number}")
    with CaptureQueriesContext(connection) as long:
        assert len(root.get(USERS).json["users"]) == 6
    assert len(long) <= len(short)


def test_only_who_administers_the_site_may(
    cast: Cast, root: LocalClient, local: LocalClient, local_user: LocalUser
) -> None:
    writes = (("POST", USERS), ("PUT", f"{USERS}bob"), ("DELETE", f"{USERS}bob"))
    eyes = local_user(factories.user("eyes"))
    narrow = local_user(User.objects.get(username="root"), "user:admin org:admin")
    for path in (USERS, f"{USERS}bob"):
        assert local.get(path).status == 401
        assert local_user(cast.charlie).get(path).status == 403
        assert narrow.get(path).status == 403
        assert eyes.get(path).status == 200
    for method, path in writes:
        for client in (eyes, narrow, local_user(cast.charlie)):
            answer = client.send(method, path, {"username": "new"}, {})
            assert (answer.status, answer.json["error_type"]) == (
                403,
                "insufficient_scope",
            )
        assert local.send(method, path, {"username": "new"}, {}).status == 403
    assert User.objects.filter(username="bob").exists()
    assert not User.objects.filter(username="new").exists()


def test_a_person_is_created_with_a_password(root: LocalClient) -> None:
    made = root.post(USERS, {"username": "dora", "email": "dora@example.com"})
    assert made.status == 200
    assert set(made.json) == {"username", "email", "password", "encrypted_password"}
    dora = User.objects.get(username="dora")
    assert dora.check_password(made.json["password"])
    assert dora.email == "dora@example.com"
    event = AuditEvent.objects.get(kind="user_create", facts__username="dora")
    assert event.performer_name == "root"
    assert event.facts["oauth_token_application"] == "tests"
    again = root.post(USERS, {"username": "dora"})
    assert (again.status, again.json["detail"]) == (400, "The username already exists")
    taken = root.post(USERS, {"username": "dan", "email": "DORA@example.com"})
    assert taken.json["detail"] == "Email has already been used: DORA@example.com"
    invalid = root.post(USERS, {"username": "no+robot"})
    assert invalid.json["detail"].startswith("Invalid namespace no+robot: ")
    missing = root.post(USERS, {})
    assert missing.json["detail"] == "'username' is a required property"
    assert root.get(f"{USERS}dora").json["email"] == "dora@example.com"


def test_who_is_not_a_person_is_not_found(cast: Cast, root: LocalClient) -> None:
    for name in ("nobody", "acme", "acme+ci", "%00", "%ED%A0%80", "x" * 999):
        for method in ("GET", "PUT", "DELETE"):
            answer = root.send(method, USERS + name, {}, {})
            assert (answer.status, answer.json["error_type"]) == (404, "not_found")


def test_a_person_is_changed(cast: Cast, root: LocalClient) -> None:
    body = {"email": "bob@example.com", "password": "a-longer-secret"}
    browser = signed_in(cast.bob)
    changed = root.put(f"{USERS}bob", body)
    assert (changed.status, list(changed.json)) == (200, KEYS)
    assert changed.json["email"] == "bob@example.com"
    cast.bob.refresh_from_db()
    assert cast.bob.check_password("a-longer-secret")
    assert browser.get("/api/v1/user/").status == 401
    kinds = AuditEvent.objects.filter(performer_name="root").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == [
        "user_change_email",
        "account_change_password",
    ]
    taken = root.put(f"{USERS}alice", {"email": "BOB@example.com", "enabled": False})
    assert taken.json["detail"] == "E-mail address already used"
    assert root.put(f"{USERS}alice", {"enabled": "no"}).status == 400
    assert root.put(f"{USERS}alice", {"password": "short"}).status == 400
    assert root.get(f"{USERS}alice").json["enabled"] is True


def test_who_is_disabled_loses_robots_tokens_and_sessions_at_once(
    cast: Cast, root: LocalClient, local_user: LocalUser
) -> None:
    own = Namespace.objects.get(owner=cast.bob)
    robot, secret = factories.robot(own, "deploy")
    clients = [local_user(cast.bob), signed_in(cast.bob)]
    assert login(robot, secret.reveal()) == 200
    off = root.put(f"{USERS}bob", {"enabled": False})
    assert off.json["enabled"] is False
    assert login(robot, secret.reveal()) == 401
    assert [one.get("/api/v1/user/").status for one in clients] == [401, 401]
    assert root.put(f"{USERS}bob", {"enabled": True}).json["enabled"] is True
    assert login(robot, secret.reveal()) == 200
    kinds = AuditEvent.objects.filter(kind__startswith="user_").order_by("id")
    assert [(event.kind, event.namespace) for event in kinds] == [
        ("user_disable", own),
        ("user_enable", own),
    ]


def test_a_person_is_deleted_with_the_namespace_and_the_name_is_free(
    cast: Cast, root: LocalClient
) -> None:
    own = Namespace.objects.get(owner=cast.alice)
    robot, secret = factories.robot(own, "deploy")
    factories.repository(own, "site")
    gone = root.delete(f"{USERS}alice")
    assert (gone.status, gone.text) == (204, "")
    assert root.get(f"{USERS}alice").status == 404
    assert root.delete(f"{USERS}alice").status == 404
    assert not Namespace.objects.filter(name="alice").exists()
    assert not Robot.objects.filter(pk=robot.pk).exists()
    assert login(robot, secret.reveal()) == 401
    assert Namespace.objects.filter(name="acme").exists()
    event = AuditEvent.objects.get(kind="user_delete")
    assert (event.namespace_name, event.performer_name) == ("alice", "root")
    assert root.post(USERS, {"username": "alice"}).status == 200


def test_nobody_touches_another_site_administrator(
    cast: Cast, root: LocalClient
) -> None:
    factories.user("other-root")
    User.objects.filter(username="bob").update(is_superuser=True)
    for name in ("other-root", "bob"):
        for method in ("PUT", "DELETE"):
            answer = root.send(method, USERS + name, {"email": "x@example.com"}, {})
            assert (answer.status, answer.json["error_type"]) == (
                403,
                "insufficient_scope",
            )
    assert not User.objects.filter(email="x@example.com").exists()
    own = {"email": "root@example.com"}
    assert root.put(f"{USERS}root", own).status == 403, "a token may not"
    in_session = signed_in(User.objects.get(username="root"))
    assert in_session.put(f"{USERS}root", own).status == 200
    assert root.delete(f"{USERS}root").status == 204


def test_powers_are_given_in_a_session_only(cast: Cast, root: LocalClient) -> None:
    assert root.put(f"{USERS}bob", {"superuser": False}).status == 200
    assert root.put(f"{USERS}bob", {"superuser": True}).status == 403
    assert User.objects.get(username="bob").is_superuser is False
    browser = signed_in(User.objects.get(username="root"))
    given = browser.put(f"{USERS}bob", {"superuser": True})
    assert (given.status, given.json["super_user"]) == (200, True)
    event = AuditEvent.objects.get(kind="user_change_superuser")
    assert event.facts == {"username": "bob", "superuser": True}
    own = signed_in(User.objects.get(username="bob"))
    assert own.put(f"{USERS}bob", {"password": "a-longer-secret"}).status == 200
    dropped = own.put(f"{USERS}bob", {"superuser": False})
    assert (dropped.status, dropped.json["super_user"]) == (200, False)
    assert own.get(USERS).status == 403
