"""What holds for every endpoint: who calls, CSRF, error shapes, methods, CORS."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from pytest_django.fixtures import Settings

from quaysite.models import AccessToken
from robots.api.base import ApiViewSet
from robots.api.robots import RobotViewSet
from robots.models import Robot
from robots.usage import usage
from tests import factories
from tests.api.local import LocalClient
from tests.api.shapes import REQUIRES_AUTHENTICATION, UNAUTHORIZED, shape_a
from tests.api.tokens import bearer
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ORG = "/api/v1/organization/acme/robots"
WRONG_METHOD = '{"message": "The method is not allowed for the requested URL."}'


def test_errors_are_written_as_quay_writes_them(
    cast: Cast, local: LocalClient, local_user: Callable[..., LocalClient]
) -> None:
    anonymous = local.get(ORG)
    assert (anonymous.status, anonymous.json) == (401, REQUIRES_AUTHENTICATION)
    assert list(anonymous.json) == list(REQUIRES_AUTHENTICATION)
    outsider = local_user(cast.charlie).get(ORG)
    assert (outsider.status, outsider.json) == (403, UNAUTHORIZED)
    duplicate = local_user(cast.alice).put(f"{ORG}/ci", {})
    expected = shape_a("invalid_request", "Existing robot with name: acme+ci", 400)
    assert (duplicate.status, duplicate.json) == (400, expected)
    unknown = local_user(cast.alice).get(f"{ORG}/nosuch")
    assert unknown.status == 400
    assert unknown.text == '{"message":"Could not find robot with specified username"}'
    assert unknown.headers["Content-Type"] == "application/json"


def test_an_unknown_organization_looks_like_a_foreign_one(
    cast: Cast, local: LocalClient, local_user: Callable[..., LocalClient]
) -> None:
    for path in (
        "/api/v1/organization/nosuch/robots",
        "/api/v1/organization/a%00b/robots",
    ):
        assert local.get(path).json == REQUIRES_AUTHENTICATION
        assert local_user(cast.alice).get(path).json == UNAUTHORIZED


@pytest.mark.parametrize("header", ["Bearer nope", "bearer " + "A" * 40, "Bearer \xff"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_wrong_bearer_token_is_401_on_every_method(
    cast: Cast, local: LocalClient, header: str, method: str
) -> None:
    path = f"{ORG}/ci" if method in ("GET", "PUT", "DELETE") else f"{ORG}/ci/regenerate"
    answer = local.send(method, path, {}, {"Authorization": header})
    assert (answer.status, answer.json) == (401, REQUIRES_AUTHENTICATION)
    assert Robot.objects.filter(pk=cast.ci.pk).exists()


def test_dead_tokens_are_401(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    alice = local_user(cast.alice)
    assert alice.get(ORG).status == 200
    AccessToken.objects.update(last_used_at=None)
    cast.alice.is_active = False
    cast.alice.save()
    assert alice.get(ORG).json == REQUIRES_AUTHENTICATION
    expired = LocalClient(bearer(cast.bob, "org:admin", timedelta(seconds=-1)))
    assert expired.get(ORG).json == REQUIRES_AUTHENTICATION
    deleted = local_user(cast.bob)
    AccessToken.objects.filter(user=cast.bob).delete()
    assert deleted.get(ORG).json == REQUIRES_AUTHENTICATION


@pytest.mark.parametrize(
    "header", ["Basic YWxpY2U6eA==", "Bearer", "Bearer a b", "Token x"]
)
def test_what_is_not_a_bearer_token_is_nobody(
    cast: Cast, local: LocalClient, header: str
) -> None:
    answer = local.get(ORG, Authorization=header)
    assert (answer.status, answer.json) == (401, REQUIRES_AUTHENTICATION)


def test_robots_and_passwords_do_not_open_the_api(
    cast: Cast, local: LocalClient
) -> None:
    for secret in (cast.ci_secret.reveal(), factories.PASSWORD):
        assert local.get(ORG, Authorization=f"Bearer {secret}").status == 401


@pytest.mark.parametrize(
    "scope",
    ["repo:read repo:write repo:admin user:read user:admin super:user", "", "x"],
)
def test_a_token_does_no_more_than_its_scopes(
    cast: Cast, local_user: Callable[..., LocalClient], scope: str
) -> None:
    alice = local_user(cast.alice, scope)
    assert alice.get(ORG).json == UNAUTHORIZED
    assert alice.put(f"{ORG}/new", {}).json == UNAUTHORIZED
    assert not Robot.objects.filter(name="new").exists()


def test_the_last_use_of_a_token_is_kept(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    alice = local_user(cast.alice)
    alice.get(ORG)
    assert AccessToken.objects.get().last_used_at is None
    usage.flush()
    assert AccessToken.objects.get().last_used_at is not None


def test_bodies_are_refused_as_a_json_schema_would(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    alice = local_user(cast.alice)
    for body, text in (
        ({"description": 5}, "5 is not of type 'string'"),
        ({"description": None}, "None is not of type 'string'"),
        ({"description": "d" * 256}, f"{'d' * 256!r} is too long"),
        ({"unstructured_metadata": []}, "[] is not of type 'object'"),
        ([1], "[1] is not of type 'object'"),
        ("text", "'text' is not of type 'object'"),
        ({"description": "a\x00b"}, "body: NUL and lone surrogates cannot be stored"),
    ):
        answer = alice.put(f"{ORG}/new", body)
        assert (answer.status, answer.json["detail"]) == (400, text)
    huge = alice.put(f"{ORG}/new", {"unstructured_metadata": {"x": "y" * 1_048_576}})
    assert huge.status == 400
    deep = alice.put(f"{ORG}/new", b"[" * 100_000, Content_Type="application/json")
    assert deep.status == 400
    assert not Robot.objects.filter(name="new").exists()


def test_wrong_methods_and_cors(cast: Cast, local: LocalClient) -> None:
    wrong = local.post(f"{ORG}/ci")
    assert wrong.status == 405
    assert wrong.text == WRONG_METHOD
    preflight = local.send("OPTIONS", f"{ORG}/ci", None, {})
    assert (preflight.status, preflight.text) == (200, "")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in preflight.headers


def test_whatever_a_client_accepts_it_gets_json(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    alice = local_user(cast.alice)
    for accept in ("*/*", "application/json", "application/xml", "nonsense"):
        answer = alice.get(ORG, Accept=accept)
        assert (answer.status, answer.headers["Content-Type"]) == (
            200,
            "application/json",
        )


def test_both_forms_of_a_path_answer_without_a_redirect(
    cast: Cast, local_user: Callable[..., LocalClient]
) -> None:
    alice = local_user(cast.alice)
    assert alice.get(ORG + "/").json == alice.get(ORG).json


def test_a_lost_database_is_503(
    cast: Cast,
    local_user: Callable[..., LocalClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("robots.api.base.standing_in", gone)
    answer = local_user(cast.alice).get(ORG)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_a_view_without_a_rule_does_not_start() -> None:
    class Open(ApiViewSet):
        def show(self) -> None: ...

    with pytest.raises(ImproperlyConfigured, match="Open.show declares no rule"):
        Open.as_view({"get": "show"})
    with pytest.raises(ImproperlyConfigured, match="RobotViewSet.new declares no rule"):
        RobotViewSet.as_view({"get": "list", "post": "new"})


def test_auditors_see_everything_but_secrets(
    cast: Cast, local_user: Callable[..., LocalClient], settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    auditor = local_user(cast.charlie)
    listed = auditor.get(f"{ORG}?permissions=true")
    assert {"teams", "repositories"} <= listed.json["robots"][0].keys()
    shown = auditor.get(f"{ORG}/ci")
    assert (listed.status, shown.status) == (200, 200)
    for text in (listed.text, shown.text):
        assert '"token"' not in text
        assert cast.ci_secret.reveal() not in text
    assert auditor.delete(f"{ORG}/ci").json == UNAUTHORIZED
    assert local_user(cast.charlie, "org:admin").get(ORG).json == UNAUTHORIZED


@pytest.mark.parametrize("path", ["nothing", "repository/x", "repository/a%0Ab", "%0A"])
def test_what_is_not_there_is_json_as_well(local: LocalClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = local.send(method, f"/api/v1/{path}", None, {})
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
