"""App-specific tokens over the API: contract sections 1.8, 1.10 and M9."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from robots.models import AppToken, AuditEvent
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast
from tests.registryauth.endpoint import basic

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/user/apptoken"
ALL = "/api/v1/superuser/apptokens"
KEYS = ["uuid", "title", "last_accessed", "created", "expiration"]


def test_a_token_is_made_shown_listed_used_and_revoked(
    cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    bob = local_user(cast.bob)
    made = bob.post(TOKENS, {"title": "Läptop\n"})
    assert (made.status, list(made.json)) == (200, ["token"])
    token = made.json["token"]
    assert list(token) == [*KEYS, "token_code"]
    assert re.fullmatch("[A-Z0-9]{120}", token["token_code"])
    assert token["created"].endswith(" -0000")
    assert (token["title"], token["expiration"]) == ("Läptop\n", None)
    shown = bob.get(f"{TOKENS}/{token['uuid']}")
    assert (shown.status, shown.json) == (200, {"token": token})
    listed = bob.get(f"{TOKENS}/")
    del token["token_code"]
    assert listed.json == {"tokens": [token], "only_expiring": None}
    login = {"Authorization": basic("$app", shown.json["token"]["token_code"])}
    assert local.get("/v2/auth", **login).status == 200
    assert local.get("/api/v1/user/", **login).status == 401
    gone = bob.delete(f"{TOKENS}/{token['uuid']}")
    assert (gone.status, gone.text) == (204, "")
    assert local.get("/v2/auth", **login).status == 401
    assert bob.get(TOKENS).json["tokens"] == []
    assert bob.delete(f"{TOKENS}/{token['uuid']}").status == 404
    events = AuditEvent.objects.filter(kind__contains="app_specific").order_by("id")
    assert [event.kind for event in events] == [
        "create_app_specific_token",
        "read_app_specific_token",
        "revoke_app_specific_token",
    ]
    for event in events:
        assert event.namespace_name == "bob"
        assert event.facts["title"] == "Läptop\n"
        assert event.facts["uuid"] == token["uuid"]
        assert login["Authorization"] not in str(event.facts)


def test_a_token_is_its_owners_alone(cast: Cast, local_user: LocalUser) -> None:
    token = local_user(cast.bob).post(TOKENS, {"title": "t"}).json["token"]
    alice = local_user(cast.alice)
    for name in (token["uuid"], "nonsense", "%00", "0" * 32, "x" * 999):
        for method in ("GET", "DELETE"):
            answer = alice.send(method, f"{TOKENS}/{name}", None, {})
            assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert alice.get(TOKENS).json["tokens"] == []
    assert AppToken.objects.count() == 1


def test_it_takes_the_person_or_the_right_scope(
    cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    anonymous = local.get(TOKENS)
    assert (anonymous.status, anonymous.json["error_type"]) == (401, "invalid_token")
    narrow = local_user(cast.bob, "user:read org:admin repo:admin super:user")
    for answer in (narrow.get(TOKENS), narrow.post(TOKENS, {"title": "t"})):
        assert (answer.status, answer.json["error_type"]) == (403, "insufficient_scope")
    assert local_user(cast.bob, "user:admin").get(TOKENS).status == 200
    browser = signed_in(cast.bob)
    assert browser.post(TOKENS, {"title": "t"}).status == 200
    browser.csrf = None
    assert browser.post(TOKENS, {"title": "t"}).status == 403
    assert AppToken.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"title": None}, 400),
        ({"title": 5}, 400),
        ({"title": "x" * 256}, 400),
        (["title"], 400),
        (b'{"title": "\\u0000"}', 400),
        (None, 415),
        ({"title": "x" * 255, "other": 1}, 200),
        ({"title": ""}, 200),
    ],
)
def test_a_title_is_checked(
    sent: object, status: int, cast: Cast, local_user: LocalUser
) -> None:
    assert local_user(cast.bob).post(TOKENS, sent).status == status
    assert AppToken.objects.count() == (status == 200)


def test_tokens_that_expire_soon(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.APP_SPECIFIC_TOKEN_EXPIRATION = 1000
    bob = local_user(cast.bob)
    made = bob.post(TOKENS, {"title": "later"}).json["token"]
    assert made["expiration"].endswith(" -0000")
    now = timezone.now()
    for title, seconds in (("soon", 90), ("past", -1), ("not soon", 110)):
        uuid = bob.post(TOKENS, {"title": title}).json["token"]["uuid"]
        end = now + timedelta(seconds=seconds)
        AppToken.objects.filter(uuid=uuid).update(expires_at=end)
    expiring = bob.get(f"{TOKENS}?expiring=True").json
    assert [token["title"] for token in expiring["tokens"]] == ["soon"]
    assert expiring["only_expiring"] is True
    every = bob.get(f"{TOKENS}?expiring=false").json
    assert (len(every["tokens"]), every["only_expiring"]) == (4, False)


def test_where_secrets_are_not_kept_readable_none_is_shown_again(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    bob = local_user(cast.bob)
    token = bob.post(TOKENS, {"title": "t"}).json["token"]
    assert "token_code" in token
    shown = bob.get(f"{TOKENS}/{token['uuid']}")
    assert (shown.status, list(shown.json["token"])) == (200, KEYS)
    assert not AuditEvent.objects.filter(kind="read_app_specific_token").exists()


def test_where_they_are_switched_off_there_are_none(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    bob = local_user(cast.bob)
    bob.post(TOKENS, {"title": "t"})
    settings.FEATURE_APP_SPECIFIC_TOKENS = False
    assert bob.get(TOKENS).status == 404
    assert bob.post(TOKENS, {"title": "t"}).status == 404
    assert AppToken.objects.count() == 1


def test_the_site_lists_everybodys_without_secrets(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for person in (cast.bob, cast.alice, cast.alice):
        local_user(person).post(TOKENS, {"title": person.username})
    settings.SUPER_USERS = ["alice"]
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert local.get(ALL).status == 401
    for person in (cast.bob, cast.alice):
        assert local_user(person).get(ALL).status == 403
    reader = local_user(cast.charlie)
    reader.get(ALL)
    with django_assert_num_queries(2):
        listed = reader.get(ALL).json
    assert [token["title"] for token in listed["tokens"]] == ["alice", "alice", "bob"]
    assert listed["only_expiring"] is None
    assert all(list(token) == KEYS for token in listed["tokens"])
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    assert local_user(cast.alice).get(f"{ALL}/?expiring=1").json["tokens"] == []
    assert local_user(cast.alice, "user:admin").get(ALL).status == 403
