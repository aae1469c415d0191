"""The compatibility checklist over HTTP: robots, dates, logins, CSRF, refusals."""

import re
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import pytest
from pytest_django.fixtures import Settings

from robots.api.rules import ABORTED
from robots.models import Robot
from robots.usage import usage
from tests import factories
from tests.api.checklist import (
    ORG,
    OWN_ROBOTS,
    ROBOTS,
    V1,
    data_error,
    granted,
    invalid,
    is_empty,
    is_typed,
    refused_login,
    token_request,
)
from tests.api.client import Client
from tests.api.conftest import ALL_SCOPES
from tests.api.tokens import bearer
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

As = Callable[..., Client]

TOKEN = re.compile("[A-Z0-9]{64}")
DATE = re.compile(
    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2}"
    " (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    " [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} -0000"
)
UNKNOWN = "Could not find robot with specified username"
DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."
NO_CSRF = "CSRF token was invalid or missing."


@pytest.fixture
def alice(cast: Cast, as_user: As) -> Client:
    """Who owns acme, and has a namespace of her own."""
    return as_user(cast.alice)


@pytest.mark.parametrize(
    ("base", "namespace"), [(ROBOTS, "acme"), (OWN_ROBOTS, "alice")]
)
def test_item_01_robots_are_created_shown_and_never_twice(
    base: str, namespace: str, alice: Client
) -> None:
    metadata = {"owner": "platform", "nested": {"list": [1, None, "ü"]}}
    bodies = {
        "nothing": None,
        "empty": {},
        "described": {"description": "for CI", "something": "else"},
        "annotated": {"unstructured_metadata": metadata},
        "not-json": b"description=x",
    }
    for short, body in bodies.items():
        made = alice.put(f"{base}/{short}", body)
        assert (made.status, made.json["name"]) == (201, f"{namespace}+{short}")
        sent = body if isinstance(body, dict) else {}
        said = sent.get("description", "")
        assert list(made.json) == [
            "name", "created", "last_accessed", "description", "token",
            "unstructured_metadata",
        ]  # fmt: skip
        assert made.json["last_accessed"] is None
        assert made.json["unstructured_metadata"] == sent.get("unstructured_metadata")
        shown = alice.get(f"{base}/{short}")
        assert (shown.status, shown.json["token"]) == (200, made.json["token"])
        assert shown.json["description"] == made.json["description"] == said
        kept = sent.get("unstructured_metadata", {})
        assert shown.json["unstructured_metadata"] == kept
        again = alice.put(f"{base}/{short}", body)
        assert invalid(again, f"Existing robot with name: {namespace}+{short}")
    stored = Robot.objects.filter(namespace__name=namespace, name__in=bodies)
    assert stored.count() == len(bodies)
    taken = alice.put(f"{base}/With.Upper")
    assert taken.status == 400
    beginning = "The name for the robot 'With.Upper' is invalid: Namespace must match"
    assert taken.json["error_message"].startswith(beginning)


@pytest.mark.parametrize("base", [ROBOTS, OWN_ROBOTS])
def test_item_02_a_regenerated_token_replaces_the_one_before(
    base: str, alice: Client, api: Client
) -> None:
    made = alice.put(f"{base}/fresh").json
    name, old = made["name"], made["token"]
    assert TOKEN.fullmatch(old)
    assert granted(token_request(api, name, old)) == []
    regenerated = alice.post(f"{base}/fresh/regenerate")
    assert regenerated.status == 200
    assert regenerated.json.keys() == made.keys() - {"unstructured_metadata"}
    new = regenerated.json["token"]
    assert TOKEN.fullmatch(new)
    assert new != old
    assert alice.get(f"{base}/fresh").json["token"] == new
    refused = refused_login(token_request(api, name, old))
    told = f"Could not find robot with username: {name} and supplied password."
    assert refused == told
    assert token_request(api, name, new).status == 200


def test_item_03_lists_show_what_the_caller_may_see(
    cast: Cast, alice: Client, as_user: As
) -> None:
    alice.put(f"{ORG}/team/developers/members/acme+ci")
    plain = {"name", "created", "last_accessed", "description"}
    robots = alice.get(ROBOTS).json["robots"]
    assert all(set(robot) == plain | {"token"} for robot in robots)
    assert {robot["token"] for robot in robots} == {
        cast.ci_secret.reveal(),
        cast.reader_secret.reveal(),
    }
    for no in ("false", "False", "0"):
        robots = alice.get(f"{ROBOTS}?token={no}").json["robots"]
        assert [set(robot) for robot in robots] == [plain, plain]
    listed = alice.get(f"{ROBOTS}?token=false&permissions=true").json["robots"]
    assert all(set(robot) == plain | {"teams", "repositories"} for robot in listed)
    by_name = {robot["name"]: robot for robot in listed}
    ci, reader = by_name["acme+ci"], by_name["acme+reader"]
    (team,) = ci["teams"]
    assert (team["name"], team["avatar"]["kind"]) == ("developers", "team")
    assert (ci["repositories"], reader["repositories"]) == (["web"], ["web"])
    assert reader["teams"] == []
    member = as_user(cast.bob).get(f"{ROBOTS}?token=true&permissions=true")
    assert [set(robot) for robot in member.json["robots"]] == [plain, plain]
    for base in (ROBOTS, OWN_ROBOTS):
        refused = alice.get(f"{base}?limit=abc")
        told = {"message": {"limit": "If specified, the number of robots to return."}}
        assert (refused.status, refused.json) == (400, told)
    assert len(alice.get(f"{ROBOTS}?limit=1&permissions=true").json["robots"]) == 1


@pytest.mark.parametrize("base", [ROBOTS, OWN_ROBOTS])
def test_item_04_an_unknown_robot_is_400_and_a_deleted_one_is_gone(
    base: str, alice: Client, api: Client
) -> None:
    for name in ("nobody", "no+body", "NOBODY", "n%00", "x" * 300, "%F0%9F%90%99"):
        assert data_error(alice.get(f"{base}/{name}"), UNKNOWN), name
        assert data_error(alice.delete(f"{base}/{name}"), UNKNOWN), name
    assert data_error(alice.post(f"{base}/nobody/regenerate"), UNKNOWN)
    for below in ("permissions", "federation"):
        assert data_error(alice.get(f"{base}/nobody/{below}"), UNKNOWN)
    made = alice.put(f"{base}/doomed").json
    assert is_empty(alice.delete(f"{base}/doomed"))
    assert data_error(alice.delete(f"{base}/doomed"), UNKNOWN)
    assert data_error(alice.get(f"{base}/doomed"), UNKNOWN)
    refused_login(token_request(api, made["name"], made["token"]))
    again = alice.put(f"{base}/doomed")
    assert (again.status, again.json["token"] != made["token"]) == (201, True)


def test_item_05_dates_are_rfc_2822_with_minus_0000(
    cast: Cast, alice: Client, api: Client
) -> None:
    made = alice.put(f"{ROBOTS}/dated").json
    assert granted(token_request(api, "acme+dated", made["token"])) == []
    usage.flush()
    stored = Robot.objects.get(name="dated")
    shown = alice.get(f"{ROBOTS}/dated").json
    regenerated = alice.post(f"{ROBOTS}/dated/regenerate").json
    (listed,) = alice.get(f"{ROBOTS}?limit=1").json["robots"]
    assert listed["name"] == "acme+dated"
    for robot in (shown, regenerated, listed):
        assert robot["created"] == made["created"]
        assert robot["last_accessed"] is not None
        for text, moment in (
            (robot["created"], stored.created_at),
            (robot["last_accessed"], stored.last_used_at),
        ):
            assert DATE.fullmatch(text)
            assert moment is not None
            read = parsedate_to_datetime(text).replace(tzinfo=UTC)
            assert read == moment.replace(microsecond=0)
    logs = alice.get(f"{ORG}/logs").json
    dates = [entry["datetime"] for entry in logs["logs"]]
    for text in (logs["start_time"], logs["end_time"], *dates):
        assert DATE.fullmatch(text), text


def test_item_13_robots_disallow(
    cast: Cast, alice: Client, api: Client, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci", "acme+agreed"]
    for path in (f"{ROBOTS}/new", f"{ROBOTS}/In.Valid", f"{OWN_ROBOTS}/new"):
        assert invalid(alice.put(path), DISALLOWED), path
    assert not Robot.objects.filter(name="new").exists()
    for name, secret in (
        ("acme+reader", cast.reader_secret.reveal()),
        ("acme+reader", "wrong"),
        ("acme+nobody", "x"),
    ):
        assert refused_login(token_request(api, name, secret)) == DISALLOWED
    web = "repository:acme/web:pull,push"
    answer = token_request(api, "acme+ci", cast.ci_secret, web)
    assert granted(answer) == [("acme/web", ["push", "pull"])]
    wrong = refused_login(token_request(api, "acme+ci", "wrong"))
    assert wrong.startswith("Could not find robot with username: acme+ci")
    agreed = alice.put(f"{ROBOTS}/agreed")
    assert agreed.status == 201
    # The rest of the interface is as usual.
    assert len(alice.get(ROBOTS).json["robots"]) == 3
    assert alice.get(f"{ROBOTS}/reader").json["token"] == cast.reader_secret.reveal()
    assert alice.post(f"{ROBOTS}/reader/regenerate").status == 200
    assert alice.get(f"{ROBOTS}/reader/federation").json == []
    assert is_empty(alice.delete(f"{ROBOTS}/reader"))
    settings.ROBOTS_DISALLOW = False
    assert alice.put(f"{ROBOTS}/new").status == 201


def signed_in(client: Client, username: str) -> Client:
    """Sign in as a browser does: the cookie is kept, the CSRF token is not."""
    csrf = client.get("/csrf_token").json["csrf_token"]
    credentials = {"username": username, "password": factories.PASSWORD}
    answer = client.post(f"{V1}/signin", credentials, X_CSRF_Token=csrf)
    assert (answer.status, answer.json) == (200, {"success": True})
    return client


def test_item_14_a_cookie_needs_the_csrf_token_and_a_bearer_none(
    cast: Cast, api: Client, alice: Client
) -> None:
    credentials = {"username": "alice", "password": factories.PASSWORD}
    blind = api.post(f"{V1}/signin", credentials)
    assert (blind.status, blind.json) == (403, {"error": NO_CSRF})
    for send in (api.put, api.patch):
        answer = send(f"{ROBOTS}/made", {})
        assert (answer.status, answer.json) == (403, {"error": NO_CSRF})
    signed_in(api, "alice")
    told = {"error": f"{NO_CSRF} (authorized: user alice)"}
    for wrong in ({}, {"X_CSRF_Token": ""}, {"X_CSRF_Token": "wrong"}):
        answer = api.put(f"{ROBOTS}/made", {}, **wrong)
        assert (answer.status, answer.json) == (403, told)
        gone = api.delete(f"{ROBOTS}/ci", **wrong)
        assert (gone.status, gone.json) == (403, told)
    assert not Robot.objects.filter(name="made").exists()
    assert Robot.objects.filter(name="ci").exists()
    assert api.get(f"{ROBOTS}/ci").json["token"] == cast.ci_secret.reveal()
    csrf = api.get("/csrf_token").json["csrf_token"]
    assert api.put(f"{ROBOTS}/made", {}, X_CSRF_Token=csrf).status == 201
    assert api.put(f"{ROBOTS}/more?_csrf_token={csrf}", {}).status == 201
    assert alice.put(f"{ROBOTS}/by-bearer", {}).status == 201
    # A bearer counts, whoever the cookie belongs to; a dead one is 401, never CSRF.
    api.token = bearer(cast.charlie, ALL_SCOPES)
    assert api.put(f"{ROBOTS}/not-hers", {}).json["error_type"] == "insufficient_scope"
    api.token = bearer(cast.alice, ALL_SCOPES, timedelta(seconds=-1))
    for answer in (
        api.get(ROBOTS),
        api.put(f"{ROBOTS}/late", {}),
        api.delete(f"{ROBOTS}/ci"),
    ):
        assert is_typed(answer, 401, "invalid_token", "Requires authentication")
    assert Robot.objects.filter(name__in=["late", "not-hers"]).count() == 0


def test_item_15_nobody_is_401_and_without_rights_it_is_403(
    cast: Cast, api: Client, as_user: As
) -> None:
    paths = [
        ROBOTS, f"{ROBOTS}/ci", f"{ROBOTS}/nobody", f"{ROBOTS}/ci/federation",
        f"{ORG}/prototypes", f"{ORG}/members", f"{ORG}/logs",
        f"{ORG}/team/developers/members", f"{V1}/organization/nowhere/robots",
        f"{V1}/repository/acme/web/permissions/user/", f"{V1}/repository/acme/web",
        f"{V1}/repository/acme/nothing",
    ]  # fmt: skip
    both = f"{ROBOTS}/ci/permissions"
    own = [OWN_ROBOTS, f"{OWN_ROBOTS}/x"]
    secret = f"Bearer {cast.ci_secret.reveal()}"
    for path in [*paths, both, *own]:
        for answer in (api.get(path), api.get(path, Authorization=secret)):
            told = is_typed(answer, 401, "invalid_token", "Requires authentication")
            assert told, path
    by_cookie, by_bearer = signed_in(api, "charlie"), as_user(cast.charlie)
    narrow = as_user(cast.alice, scope="repo:read")
    refused = [(client, path) for client in (by_cookie, by_bearer) for path in paths]
    refused += [(narrow, path) for path in (ROBOTS, f"{ROBOTS}/ci", both, *own)]
    for client, path in refused:
        answer = client.get(path)
        assert is_typed(answer, 403, "insufficient_scope", "Unauthorized"), path
    # Who is a user:admin, as everybody is of themselves, is told so otherwise here.
    for client in (by_cookie, by_bearer):
        answer = client.get(both)
        assert (answer.status, answer.json) == (403, {"message": ABORTED})
