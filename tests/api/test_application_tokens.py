"""Tokens of applications, and what people granted: contract section M6."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.lifecycle import oauth_tokens
from quaysite.lifecycle.applications import (
    Details,
    create_application,
    delete_application,
    offer_token,
)
from quaysite.lifecycle.oauth_tokens import (
    create_api_token,
    new_token,
    scope_text,
    token_text,
)
from quaysite.models import AccessToken, Application, Assignment
from robots.errors import NotFound
from robots.models import AuditEvent
from robots.oauth_scopes import OAuthScope
from robots.usage import usage
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

KEYS = {
    "uuid",
    "name",
    "scope",
    "expires_at",
    "created",
    "created_by",
    "last_accessed",
}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
USER = "/api/v1/user/"
AUTHORIZATIONS = "/api/v1/user/authorizations"
ASSIGNED = "/api/v1/user/assignedauthorization"


@pytest.fixture
def application(cast: Cast) -> Application:
    return create_application(cast.acme, Details("CI"), factories.BY)


@pytest.fixture
def tokens(application: Application) -> str:
    return f"/api/v1/organization/acme/applications/{application.client_id}/tokens"


def test_a_token_lives(cast: Cast, local_user: LocalUser, tokens: str) -> None:
    alice = local_user(cast.alice)
    body = {"name": "  laptop ", "scope": "repo:read,user:read repo:read"}
    answer = alice.post(tokens, body)
    assert answer.status == 200
    made = answer.json
    assert set(made) == KEYS | {"token"}
    assert made["name"] == "laptop"
    assert made["scope"] == "repo:read user:read"
    assert (made["created_by"], made["last_accessed"]) == ("alice", None)
    assert all(re.fullmatch(MOMENT, made[key]) for key in ("expires_at", "created"))
    text = made.pop("token")
    assert re.fullmatch("[A-Za-z0-9]{40}", text)
    assert AccessToken.objects.get(name="laptop").token == ""
    assert lasts(made) == timedelta(days=3652, hours=12)
    assert alice.get(tokens).json["tokens"] == [made]
    bearer = LocalClient(text)
    assert bearer.get(USER).json["username"] == "alice"
    usage.flush()
    [listed] = alice.get(tokens).json["tokens"]
    assert re.fullmatch(MOMENT, listed["last_accessed"])
    gone = alice.delete(f"{tokens}/{made['uuid']}")
    assert (gone.status, gone.text) == (204, "")
    assert bearer.get(USER).status == 401
    again = alice.delete(f"{tokens}/{made['uuid']}")
    assert (again.status, again.json["error_type"]) == (404, "not_found")
    kinds = AuditEvent.objects.filter(kind__endswith="oauth_api_token").order_by("id")
    assert [(event.kind, event.namespace_name) for event in kinds] == [
        ("create_oauth_api_token", "acme"),
        ("revoke_oauth_api_token", "acme"),
    ]
    for event in kinds:
        assert event.facts["application_name"] == "CI"
        assert event.facts["uuid"] == made["uuid"]
        assert text not in str(event.facts)


def lasts(token: dict[str, Any]) -> timedelta:
    """How long a token lasts, to the second."""
    ends, made = (datetime.fromisoformat(token[k]) for k in ("expires_at", "created"))
    return timedelta(seconds=round((ends - made).total_seconds()))


@pytest.mark.parametrize(
    ("body", "shape", "text"),
    [
        ({"name": "  ", "scope": "repo:read"}, "B", "'name' must not be empty"),
        ({"name": "", "scope": "repo:read"}, "B", "'name' must not be empty"),
        ({"name": "t", "scope": ""}, "B", "Invalid scope: "),
        ({"name": "t", "scope": "bogus"}, "B", "Invalid scope: bogus"),
        ({"name": "t", "scope": "repo:read no"}, "B", "Invalid scope: repo:read no"),
        ({"name": "t"}, "A", "'scope' is a required property"),
        ({"scope": "repo:read"}, "A", "'name' is a required property"),
        ({"name": "t", "scope": ["repo:read"]}, "A", None),
        ({"name": "x" * 256, "scope": "repo:read"}, "A", None),
        ({"name": "t", "scope": "repo:read", "expiration": 0}, "A", None),
        ({"name": "t", "scope": "repo:read", "expiration": -1}, "A", None),
        ({"name": "t", "scope": "repo:read", "expiration": 0.5}, "A", None),
        ({"name": "t", "scope": "repo:read", "expiration": "60"}, "A", None),
        ({"name": "t", "scope": "repo:read", "expiration": True}, "A", None),
        ({"name": "t\x00", "scope": "repo:read"}, "A", None),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    cast: Cast,
    local_user: LocalUser,
    tokens: str,
    body: dict[str, Any],
    shape: str,
    text: str | None,
) -> None:
    answer = local_user(cast.alice).post(tokens, body)
    assert answer.status == 400
    key = {"A": "detail", "B": "message"}[shape]
    assert key in answer.json
    if text is not None:
        assert answer.json[key] == text
    assert not AccessToken.objects.exclude(name="").exists()


def test_an_expiration_is_kept_and_capped(
    cast: Cast, local_user: LocalUser, tokens: str
) -> None:
    alice = local_user(cast.alice)
    longest = timedelta(seconds=315_576_000)
    for seconds, expected in (
        (1, timedelta(seconds=1)),
        (90.9, timedelta(seconds=90)),
        (10**400, longest),
        (1e300, longest),
    ):
        body = {"name": "t", "scope": "repo:read", "expiration": seconds}
        made = alice.post(tokens, body)
        assert (made.status, lasts(made.json)) == (200, expected)
    nan = b'{"name": "t", "scope": "repo:read", "expiration": NaN}'
    assert alice.post(tokens, nan).status == 400


def test_a_token_gives_no_more_than_its_maker_has(
    cast: Cast, local_user: LocalUser, tokens: str, settings: Settings
) -> None:
    full = local_user(cast.alice)
    session = signed_in(cast.alice)
    some = local_user(cast.alice, scope="org:admin repo:write")
    for client, scope, status in [
        (full, "repo:admin org:admin user:admin", 200),
        (full, "super:user", 403),
        (session, "super:user", 403),
        (session, "user:admin", 200),
        (some, "repo:read repo:write", 200),
        (some, "repo:create", 200),
        (some, "org:admin", 200),
        (some, "repo:admin", 403),
        (some, "repo:read user:read", 403),
        (some, "super:user", 403),
    ]:
        answer = client.post(tokens, {"name": "t", "scope": scope})
        assert answer.status == status, scope
        if status == 403:
            assert answer.json["error_type"] == "insufficient_scope"
    settings.SUPER_USERS = ["alice"]
    body = {"name": "t", "scope": "super:user"}
    assert full.post(tokens, body).status == session.post(tokens, body).status == 200
    assert some.post(tokens, body).status == 403


def test_only_administrators_reach_tokens(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    tokens: str,
    settings: Settings,
) -> None:
    alice = local_user(cast.alice)
    body = {"name": "t", "scope": "repo:read"}
    made = alice.post(tokens, body).json
    calls = [
        ("GET", tokens, None),
        ("POST", tokens, body),
        ("DELETE", f"{tokens}/{made['uuid']}", None),
    ]
    assert local.get(tokens).status == 401
    assert local.post(tokens, body).status == 403
    limited = local_user(cast.alice, scope="repo:admin user:admin super:user")
    for other in (local_user(cast.bob), local_user(cast.charlie), limited):
        for method, path, sent in calls:
            assert other.send(method, path, sent, {}).status == 403
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    auditor = local_user(cast.charlie)
    [listed] = auditor.get(tokens).json["tokens"]
    assert (listed["uuid"], set(listed)) == (made["uuid"], KEYS)
    for method, path, sent in calls[1:]:
        assert auditor.send(method, path, sent, {}).status == 403


def test_tokens_are_found_by_their_application_alone(
    cast: Cast, local_user: LocalUser, application: Application, tokens: str
) -> None:
    alice = local_user(cast.alice)
    other = create_application(cast.acme, Details("other"), factories.BY)
    made = alice.post(tokens, {"name": "t", "scope": "repo:read"}).json
    elsewhere = tokens.replace(application.client_id, other.client_id)
    granted, _ = new_token(
        cast.bob, application, frozenset({OAuthScope.REPO_READ}), timedelta(days=1)
    )
    assert alice.get(elsewhere).json == {"tokens": []}
    for path in (
        f"{elsewhere}/{made['uuid']}",
        f"{tokens}/{granted.uuid}",
        f"{tokens}/nosuch",
        f"{tokens}/%00",
    ):
        answer = alice.delete(path)
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert AccessToken.objects.filter(pk=granted.pk).exists()
    assert [t["uuid"] for t in alice.get(tokens).json["tokens"]] == [made["uuid"]]


def test_tokens_come_in_pages_at_the_same_cost(
    cast: Cast, local_user: LocalUser, application: Application, tokens: str
) -> None:
    scopes = frozenset({OAuthScope.REPO_READ})
    expected, costs = set(), []
    for count in (2, 110):
        for n in range(count):
            name, day = f"t{n}", timedelta(days=1)
            made, _ = create_api_token(
                cast.alice, application, scopes, day, factories.BY, name=name
            )
            expected.add(str(made.uuid))
        alice = local_user(cast.alice)
        with CaptureQueriesContext(connection) as queries:
            page = alice.get(tokens).json
        costs.append(len(queries))
    assert costs[0] == costs[1]
    seen = [token["uuid"] for token in page["tokens"]]
    assert len(seen) == 50
    while "next_page" in page:
        page = alice.get(f"{tokens}?next_page={page['next_page']}").json
        seen += [token["uuid"] for token in page["tokens"]]
    assert set(seen) == expected
    assert len(seen) == len(expected)
    assert alice.get(f"{tokens}?next_page=forged").status == 400


def test_an_application_has_not_any_number_of_tokens(
    cast: Cast, local_user: LocalUser, tokens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_tokens, "MAX_TOKENS", 2)
    alice = local_user(cast.alice)
    answers = [alice.post(tokens, {"name": "t", "scope": "repo:read"}) for _ in "123"]
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert answers[2].json == {"message": "An application has at most 2 tokens"}


def test_a_token_of_a_deleted_application_is_not_made(
    cast: Cast, application: Application
) -> None:
    delete_application(application, factories.BY)
    scopes = frozenset({OAuthScope.REPO_READ})
    with pytest.raises(NotFound):
        create_api_token(
            cast.alice, application, scopes, timedelta(1), factories.BY, name="t"
        )


def test_token_texts_have_every_kind_of_character() -> None:
    texts = {token_text() for _ in range(200)}
    assert len(texts) == 200
    for text in texts:
        assert len(text) == 40
        assert all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    every = frozenset(OAuthScope)
    assert scope_text(every).split() == [scope.value for scope in OAuthScope]


def test_people_see_and_revoke_what_they_granted(
    cast: Cast, local: LocalClient, local_user: LocalUser, application: Application
) -> None:
    scopes = frozenset({OAuthScope.REPO_READ, OAuthScope.ORG_ADMIN})
    mine, secret = new_token(cast.bob, application, scopes, timedelta(days=1))
    new_token(cast.bob, application, scopes, timedelta(seconds=-1))
    new_token(cast.alice, application, scopes, timedelta(days=1))
    bob = local_user(cast.bob)
    listed = bob.get(AUTHORIZATIONS)
    assert listed.status == 200
    shown, own = listed.json["authorizations"]
    assert own["application"]["organization"]["name"] == "", "the client's, of no one"
    assert shown["uuid"] == str(mine.uuid)
    assert shown["application"]["clientId"] == application.client_id
    assert shown["application"]["organization"]["name"] == "acme"
    assert [(s["scope"], s["dangerous"]) for s in shown["scopes"]] == [
        ("repo:read", False),
        ("org:admin", True),
    ]
    one = f"{AUTHORIZATIONS}/{mine.uuid}"
    assert bob.get(one).json == shown
    for client, status in [
        (local_user(cast.alice), 404),
        (local_user(cast.bob, scope="user:read"), 403),
    ]:
        assert client.get(one).status == client.delete(one).status == status
    assert local.get(AUTHORIZATIONS).status == 401
    assert local_user(cast.bob, scope="user:read").get(AUTHORIZATIONS).status == 403
    bearer = LocalClient(secret.reveal())
    assert bearer.get("/api/v1/organization/acme").status == 200
    assert bob.delete(one).status == 204
    assert bearer.get("/api/v1/organization/acme").status == 401
    assert bob.delete(one).status == 404
    event = AuditEvent.objects.get(kind="revoke_oauth_api_token")
    assert (event.performer_name, event.facts["client_id"]) == (
        "bob",
        application.client_id,
    )


def test_people_see_and_decline_what_they_are_offered(
    cast: Cast, local_user: LocalUser, application: Application
) -> None:
    scopes = frozenset({OAuthScope.REPO_READ})
    offer = (application, cast.bob, "https://ci.example", "token", scopes)
    offer_token(*offer, factories.BY)
    offer_token(*offer, factories.BY)
    bob = local_user(cast.bob)
    [shown] = bob.get(ASSIGNED).json["authorizations"]
    assert shown["redirectUri"] == "https://ci.example"
    assert shown["responseType"] == "token"
    assert [scope["scope"] for scope in shown["scopes"]] == ["repo:read"]
    one = f"{ASSIGNED}/{shown['uuid']}"
    assert local_user(cast.charlie).get(ASSIGNED).json == {"authorizations": []}
    assert local_user(cast.charlie).delete(one).status == 404
    assert bob.delete(one).status == 204
    assert bob.delete(one).status == 404
    assert bob.delete(f"{ASSIGNED}/x").status == 404
    assert not Assignment.objects.exists()
    assert AuditEvent.objects.filter(kind="decline_application").count() == 1


def test_lists_of_grants_cost_the_same_whatever_their_length(
    cast: Cast, local_user: LocalUser, application: Application
) -> None:
    scopes = frozenset({OAuthScope.REPO_READ})
    costs = []
    for count in (1, 20):
        for n in range(count):
            new_token(cast.bob, application, scopes, timedelta(days=1))
            uri = f"https://ci.example/{count}/{n}"
            offer_token(application, cast.bob, uri, "token", scopes, factories.BY)
        bob = local_user(cast.bob)
        with CaptureQueriesContext(connection) as queries:
            assert bob.get(AUTHORIZATIONS).status == 200
            assert bob.get(ASSIGNED).status == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_an_expired_token_is_dead(cast: Cast, application: Application) -> None:
    scopes = frozenset({OAuthScope.USER_READ})
    token, secret = new_token(cast.alice, application, scopes, timedelta(hours=1))
    assert LocalClient(secret.reveal()).get(USER).status == 200
    AccessToken.objects.filter(pk=token.pk).update(expires=timezone.now())
    assert LocalClient(secret.reveal()).get(USER).status == 401


@pytest.mark.django_db(transaction=True)
def test_a_token_made_over_http_works_over_http(
    cast: Cast, as_user: Callable[..., Client], tokens: str
) -> None:
    alice = as_user(cast.alice)
    made = alice.post(tokens, {"name": "t", "scope": "user:read"})
    assert made.status == 200
    mine = Client(alice.url, made.json["token"])
    assert mine.get(USER).json["username"] == "alice"
    assert alice.delete(f"{tokens}/{made.json['uuid']}/").status == 204
    assert mine.get(USER).status == 401
