"""More than one token for one robot: added, retired, replaced without a gap."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.credentials import Secret
from robots.models import AuditEvent, ImportedSecret, Robot, RobotToken, TokenOrigin
from tests import factories
from tests.api.client import Answer, Client
from tests.api.local import LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


ROBOT = "/api/v1/organization/acme/robots/ci"
TOKENS = f"{ROBOT}/tokens"


def works(cast: Cast, secret: str, after: float = 0) -> bool:
    """Whether the secret logs acme+ci in, `after` seconds from now."""
    then = timezone.now() + timedelta(seconds=after)
    try:
        return authenticate_robot("acme+ci", Secret(secret), then).id == cast.ci.pk
    except Unauthorized:
        return False


def event(kind: str) -> dict[str, object]:
    facts = AuditEvent.objects.filter(kind=kind).latest("id").facts
    return {name: v for name, v in facts.items() if not name.startswith("oauth")}


def federated(robot: Robot) -> RobotToken:
    end = timezone.now() + timedelta(hours=1)
    return RobotToken.objects.create(
        robot=robot, origin=TokenOrigin.FEDERATED, digest="f" * 64, expires_at=end
    )


def test_a_second_token_lives_beside_the_first(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    first = cast.ci.tokens.get()
    made = alice.post(TOKENS)
    assert made.status == 201
    second = cast.ci.tokens.latest("id")
    secret = made.json["token"]
    assert made.json == {
        "id": second.pk,
        "origin": "static",
        "created": made.json["created"],
        "expires": None,
        "last_used": None,
        "token": secret,
    }
    assert second.sealed is None
    assert works(cast, secret) and works(cast, cast.ci_secret.reveal())
    listed = alice.get(TOKENS)
    assert [token["id"] for token in listed.json["tokens"]] == [second.pk, first.pk]
    assert all("token" not in token for token in listed.json["tokens"])
    assert secret not in listed.text
    assert cast.ci_secret.reveal() not in listed.text
    assert alice.get(ROBOT).json["token"] == cast.ci_secret.reveal()
    assert event("create_robot_token") == {
        "robot": "ci",
        "id": second.pk,
        "until": None,
    }
    assert secret not in str(list(AuditEvent.objects.values_list("facts")))


def test_a_token_may_end(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    end = timezone.now() + timedelta(hours=1)
    made = alice.post(TOKENS, {"expires_at": end.isoformat()})
    assert made.json["expires"].endswith(" -0000")
    assert cast.ci.tokens.latest("id").expires_at == end
    assert works(cast, made.json["token"], after=3590)
    assert not works(cast, made.json["token"], after=3610)
    assert event("create_robot_token")["until"] == end.isoformat()
    assert alice.post(TOKENS, {"expires_at": None}).json["expires"] is None
    assert alice.post(TOKENS, b"null").status == 201


@pytest.mark.parametrize(
    "body",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "never"},
        {"expires_at": 5},
        {"expires": "2130-01-01T00:00:00Z"},
        {"expires_at": "9999-12-31T23:59:59-12:00"},
        [],
        b"{bad",
        b'{"expires_at": "\\u0000"}',
    ],
    ids=ascii,
)
def test_a_bad_body_adds_no_token(
    cast: Cast, local_user: LocalUser, body: object
) -> None:
    assert local_user(cast.alice).post(TOKENS, body).status == 400
    assert cast.ci.tokens.count() == 1


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "nonsense", ""]
)
def test_a_body_that_is_not_said_to_be_json_adds_no_token(
    content_type: str, cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    body = b'{"expires_at": "2099-01-01T00:00:00Z"}'

    refused = alice.post(TOKENS, body, Content_Type=content_type)
    counted = cast.ci.tokens.count()
    empty = alice.post(TOKENS, b"", Content_Type=content_type)

    assert (refused.status, counted) == (415, 1)
    assert refused.json["message"].startswith("Did not attempt to load JSON data")
    assert (empty.status, empty.json["expires"]) == (201, None)


def test_a_token_is_retired(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    secret = alice.post(TOKENS).json["token"]
    first, second = cast.ci.tokens.order_by("id")
    gone = alice.delete(f"{TOKENS}/{first.pk}")
    assert (gone.status, gone.text) == (204, "")
    assert not works(cast, cast.ci_secret.reveal())
    assert works(cast, secret)
    shown = event("revoke_robot_token")
    assert (shown["robot"], shown["id"], shown["origin"]) == ("ci", first.pk, "static")
    assert "token" not in alice.get(ROBOT).json
    assert alice.delete(f"{TOKENS}/{second.pk}").status == 204
    assert alice.get(TOKENS).json == {"tokens": [], "imported_secret": None}
    assert not works(cast, secret)
    assert alice.post(f"{ROBOT}/regenerate").status == 200
    assert works(cast, alice.get(ROBOT).json["token"])


def test_only_tokens_of_that_robot_are_retired(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    theirs = cast.reader.tokens.get().pk
    other = factories.organization("other", owner=cast.charlie)
    foreign = factories.robot(other, "ci")[0].tokens.get().pk
    odd = ["x", "-1", "1.0", "%00", "%C2%B2", "9" * 18, "9" * 40, "0"]
    for token_id in (theirs, foreign, *odd):
        answer = alice.delete(f"{TOKENS}/{token_id}")
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    charlie = local_user(cast.charlie)
    assert charlie.delete(f"{TOKENS}/{cast.ci.tokens.get().pk}").status == 403
    assert RobotToken.objects.count() == 3


def test_a_robot_has_a_bounded_number_of_live_tokens(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    alice = local_user(cast.alice)
    federated(cast.ci)
    assert [alice.post(TOKENS).status for _ in range(9)] == [201] * 9
    full = alice.post(TOKENS)
    assert (full.status, full.json["error_type"]) == (400, "invalid_request")
    assert "ROBOT_MAX_TOKENS" in full.json["error_message"]
    assert alice.post(f"{ROBOT}/regenerate?grace=60").status == 400
    ended = cast.ci.tokens.filter(origin=TokenOrigin.STATIC).earliest("id")
    ended.expires_at = timezone.now()
    ended.save()
    assert alice.post(TOKENS).status == 201
    assert alice.post(TOKENS).status == 400
    assert alice.post(f"{ROBOT}/regenerate").status == 200
    assert cast.ci.tokens.count() == 1
    settings.ROBOT_MAX_TOKENS = 1
    assert alice.post(TOKENS).status == 400


def test_a_regeneration_may_leave_time_to_change_over(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    brief = timezone.now() + timedelta(seconds=10)
    ending = alice.post(TOKENS, {"expires_at": brief.isoformat()}).json
    federated(cast.ci)
    fresh = alice.post(f"{ROBOT}/regenerate?grace=3600")
    assert fresh.status == 200
    old, new = cast.ci_secret.reveal(), fresh.json["token"]
    assert alice.get(ROBOT).json["token"] == new
    assert works(cast, new, after=10**6)
    assert works(cast, old, after=3500)
    assert not works(cast, old, after=3700)
    assert not works(cast, ending["token"], after=20)
    kept = cast.ci.tokens.order_by("id")
    assert [token.origin for token in kept] == ["static"] * 3
    assert kept[1].expires_at == brief
    assert [token.sealed is None for token in kept] == [True, True, False]
    assert event("regenerate_robot_token") == {"robot": "ci", "grace": 3600}
    alice.post(f"{ROBOT}/regenerate?grace=7200")
    assert not works(cast, old, after=3700)
    last = alice.post(f"{ROBOT}/regenerate").json["token"]
    assert not works(cast, old) and not works(cast, new)
    assert works(cast, last)
    assert event("regenerate_robot_token") == {"robot": "ci"}


@pytest.mark.parametrize(
    "grace", ["-1", "604801", "abc", "1.5", "9" * 30, "%C2%B2", "%00"]
)
def test_a_bad_grace_replaces_nothing(
    cast: Cast, local_user: LocalUser, grace: str
) -> None:
    answer = local_user(cast.alice).post(f"{ROBOT}/regenerate?grace={grace}")
    assert answer.status == 400
    assert list(answer.json["message"]) == ["grace"]
    assert works(cast, cast.ci_secret.reveal())


def test_an_expired_token_is_not_shown_as_the_robots(
    cast: Cast, local_user: LocalUser
) -> None:
    RobotToken.objects.filter(robot=cast.ci).update(expires_at=timezone.now())
    alice = local_user(cast.alice)
    assert "token" not in alice.get(ROBOT).json
    assert alice.get(TOKENS).json["tokens"][0]["expires"] is not None


def test_tokens_are_paged(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    ids = [alice.post(TOKENS).json["id"] for _ in range(4)]
    first = alice.get(f"{TOKENS}?limit=3").json
    rest = alice.get(f"{TOKENS}?limit=3&next_page={first['next_page']}").json
    seen = [token["id"] for token in first["tokens"] + rest["tokens"]]
    assert seen[:4] == ids[::-1]
    assert len(seen) == 5
    assert "next_page" not in rest
    assert alice.get(f"{TOKENS}?limit=no").status == 400


def test_own_robots_have_tokens_too(cast: Cast, local_user: LocalUser) -> None:
    alice, bob = local_user(cast.alice), local_user(cast.bob)
    own = "/api/v1/user/robots/bot"
    assert alice.put(own).status == 201
    made = alice.post(f"{own}/tokens")
    assert made.status == 201
    assert bob.get(f"{own}/tokens").status == 400
    assert bob.delete(f"{own}/tokens/{made.json['id']}").status == 400
    assert alice.delete(f"{own}/tokens/{made.json['id']}").status == 204


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
@pytest.mark.django_db(transaction=True)
def test_the_bound_holds_for_requests_at_the_same_time(
    cast: Cast, as_user: Callable[..., Client], settings: Settings
) -> None:
    settings.ROBOT_MAX_TOKENS = 3
    alice = as_user(cast.alice)

    def add(_: int) -> Answer:
        return alice.post(TOKENS)

    with ThreadPoolExecutor(6) as threads:
        statuses = sorted(answer.status for answer in threads.map(add, range(6)))
    assert statuses == [201, 201, 400, 400, 400, 400]
    assert cast.ci.tokens.count() == 3


def test_an_imported_secret_is_told_and_can_be_revoked(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    assert alice.get(TOKENS).json["imported_secret"] is None
    held = factories.imported_secret(cast.ci, "Harbor12345")
    told = alice.get(TOKENS)
    assert told.json["imported_secret"]["expires"] is None
    assert set(told.json["imported_secret"]) == {"created", "expires"}
    assert held.digest not in told.text and held.salt not in told.text
    assert len(told.json["tokens"]) == 1
    assert alice.delete(f"{TOKENS}/imported").status == 204
    assert not ImportedSecret.objects.exists()
    assert cast.ci.tokens.count() == 1
    assert event("revoke_imported_secret")["robot"] == "ci"
    assert alice.delete(f"{TOKENS}/imported").status == 404
    assert AuditEvent.objects.filter(kind="revoke_imported_secret").count() == 1


def test_only_administrators_revoke_an_imported_secret(
    cast: Cast, local_user: LocalUser
) -> None:
    factories.imported_secret(cast.ci, "Harbor12345")
    refused = local_user(cast.bob).delete(f"{TOKENS}/imported")
    assert refused.status == 403
    assert ImportedSecret.objects.exists()
    assert not AuditEvent.objects.filter(kind="revoke_imported_secret").exists()


def test_one_call_rotates_with_overlap_and_an_end(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    until = (timezone.now() + timedelta(days=90)).replace(microsecond=0)
    text = until.isoformat().replace("+00:00", "Z")
    fresh = alice.post(f"{ROBOT}/regenerate?grace=3600&expires_at={text}")
    assert fresh.status == 200
    old, new = cast.ci_secret.reveal(), fresh.json["token"]
    assert works(cast, old, after=3500) and not works(cast, old, after=3700)
    assert works(cast, new, after=89 * 86400) and not works(cast, new, after=91 * 86400)
    replaced, made = cast.ci.tokens.order_by("id")
    assert (replaced.is_replaced, made.is_replaced) == (True, False)
    assert made.expires_at == until
    assert event("regenerate_robot_token") == {
        "robot": "ci",
        "grace": 3600,
        "until": until.isoformat(),
    }


@pytest.mark.parametrize(
    "wrong", ["soon", "2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1"]
)
def test_an_end_that_cannot_be_regenerates_nothing(
    wrong: str, cast: Cast, local_user: LocalUser
) -> None:
    answer = local_user(cast.alice).post(f"{ROBOT}/regenerate?expires_at={wrong}")
    assert answer.status == 400
    assert "expires_at" in str(answer.json)
    assert works(cast, cast.ci_secret.reveal())
    assert cast.ci.tokens.count() == 1


def test_a_robot_is_created_with_an_end(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    place = "/api/v1/organization/acme/robots"
    made = alice.put(f"{place}/brief", {"expires_at": "2099-01-31T12:00:00Z"})
    assert made.status == 201
    assert alice.get(f"{place}/brief").json["expires_at"] == "2099-01-31T12:00:00Z"
    for wrong in ("2020-01-01T00:00:00Z", "soon", 7):
        answer = alice.put(f"{place}/never", {"expires_at": wrong})
        assert answer.status == 400
        assert not Robot.objects.filter(name="never").exists()
