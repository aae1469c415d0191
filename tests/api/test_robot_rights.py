"""Who may do what with robots by API, and what each is shown."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from robots.models import Robot, RobotToken
from tests.api.client import Client
from tests.api.conftest import ALL_SCOPES
from tests.api.local import LocalClient, LocalUser
from tests.api.robot_calls import ORG, OWN, READS, events, refused
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_nobody_and_outsiders_are_refused(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    assert refused(api.get(ORG), 401, "invalid_token", "Requires authentication")
    write = api.put(f"{ORG}/new", {})
    assert write.status == 403
    assert write.json == {"error": "CSRF token was invalid or missing."}
    charlie = as_user(cast.charlie)
    assert refused(charlie.get(ORG), 403, "insufficient_scope", "Unauthorized")
    assert charlie.put(f"{ORG}/new", {}).status == 403
    assert not Robot.objects.filter(name="new").exists()


WRITES = [
    ("put", "new", {}),
    ("patch", "ci", {"enabled": False}),
    ("delete", "ci", None),
    ("post", "ci/regenerate", None),
    ("post", "ci/tokens", None),
    ("delete", "ci/tokens/1", None),
]


def test_who_may_do_what(cast: Cast, local: LocalClient, local_user: LocalUser) -> None:
    all_but = {
        scope: " ".join(s for s in ALL_SCOPES.split() if s != scope)
        for scope in ("org:admin", "user:admin")
    }
    lacking = [
        (local_user(cast.bob), ORG),
        (local_user(cast.charlie), ORG),
        (local_user(cast.alice, all_but["org:admin"]), ORG),
        (local_user(cast.alice, all_but["user:admin"]), OWN),
        (signed_in(cast.bob), ORG),
    ]
    for client, base in lacking:
        for path in READS:
            answer = client.get(f"{base}/{path}")
            assert answer.status == 403, path
        for method, path, body in WRITES:
            extra = () if method == "delete" else (body,)
            answer = getattr(client, method)(f"{base}/{path}", *extra)
            assert refused(answer, 403, "insufficient_scope"), path
    for base in (ORG, OWN):
        assert local.get(base).status == 401
        assert all(local.get(f"{base}/{path}").status == 401 for path in READS)
        for method, path, body in WRITES:
            extra = () if method == "delete" else (body,)
            answer = getattr(local, method)(f"{base}/{path}", *extra)
            assert answer.json == {"error": "CSRF token was invalid or missing."}
    cast.ci.refresh_from_db()
    assert cast.ci.enabled
    assert (Robot.objects.count(), RobotToken.objects.count()) == (2, 2)


def test_a_member_sees_no_tokens_teams_and_repositories(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    query = f"{ORG}?permissions=true&token=true"
    for client in (local_user(cast.bob), signed_in(cast.bob)):
        robots = client.get(query).json["robots"]
        assert [set(robot) for robot in robots] == [
            {"name", "created", "last_accessed", "description"}
        ] * 2
    auditor = local_user(cast.charlie)
    robots = auditor.get(query).json["robots"]
    assert robots[0]["repositories"] == ["web"]
    assert not any("token" in robot for robot in robots)
    shown = auditor.get(f"{ORG}/ci")
    assert (shown.status, "token" in shown.json) == (200, False)
    assert auditor.get(f"{ORG}/ci/permissions").json["permissions"] != []
    assert auditor.get(f"{ORG}/ci/tokens").status == 200
    assert auditor.get(f"{ORG}/ci/access?repository=web").status == 200
    assert auditor.put(f"{ORG}/new", {}).status == 403
    assert events("read_robot_token") == []
    assert cast.ci_secret.reveal() not in auditor.get(ORG).text


def test_reading_tokens_is_audited(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    assert alice.get(f"{ORG}/ci").json["token"] == cast.ci_secret.reveal()
    tokens = [robot["token"] for robot in alice.get(ORG).json["robots"]]
    assert tokens == [cast.ci_secret.reveal(), cast.reader_secret.reveal()]
    hidden = alice.get(f"{ORG}?token=false").json["robots"]
    assert not any("token" in robot for robot in hidden)
    assert events("read_robot_token") == [
        {"robots": ["ci"], "count": 1},
        {"robots": ["ci", "reader"], "count": 2},
    ]


def test_a_creation_gives_no_more_than_the_token_may(
    cast: Cast, local_user: LocalUser
) -> None:
    body = {"permissions": [{"repository": "web", "role": "read"}]}
    narrow = local_user(cast.alice, "org:admin repo:write")
    assert refused(narrow.put(f"{ORG}/new", body), 403, "insufficient_scope")
    assert narrow.put(f"{ORG}/new", {"teams": ["developers"]}).status == 201
    wide = local_user(cast.alice, "org:admin repo:admin")
    assert wide.put(f"{ORG}/other", body).status == 201


def test_a_site_administrator_without_full_access_is_a_stranger(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.SUPER_USERS = ["charlie"]
    assert local_user(cast.charlie).get(ORG).status == 403
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    assert local_user(cast.charlie, "org:admin user:admin").get(ORG).status == 403


def test_robots_can_be_disallowed(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    alice = local_user(cast.alice)
    text = "Robot accounts have been disabled. Please contact your administrator."
    for path in (f"{ORG}/new", f"{OWN}/new", f"{ORG}/BAD"):
        assert refused(alice.put(path), 400, "invalid_request", text)
    assert alice.get(f"{ORG}/reader").json["token"] == cast.reader_secret.reveal()
    assert alice.post(f"{ORG}/reader/regenerate").status == 200
    assert alice.get(f"{ORG}/reader/permissions").status == 200
    assert alice.delete(f"{ORG}/reader").status == 204
    assert alice.delete(f"{ORG}/ci").status == 204
    assert alice.put(f"{ORG}/ci").status == 201


def test_a_change_in_a_session_needs_the_csrf_token(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert client.patch(f"{ORG}/ci", {"description": "by cookie"}).status == 200
    client.csrf = None
    answer = client.patch(f"{ORG}/ci", {"description": "again"})
    assert answer.json == {
        "error": "CSRF token was invalid or missing. (authorized: user alice)"
    }
    cast.ci.refresh_from_db()
    assert cast.ci.description == "by cookie"
