"""POST /registry/notifications: believed with a token only; it grants nothing."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings

from registryauth import notified
from registryauth.arrivals import create_arrivals
from robots.departures import departures
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.repository_changes import delete_repository
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Repository,
    RepositoryPermission,
    RepositoryUse,
)
from robots.roles import Role, Visibility
from robots.usage import usage
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast
from tests.registryauth.endpoint import basic
from tests.registryauth.test_notices import EVENT, JSON, envelope

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

URL = "/registry/notifications"
TOKEN = "n" * 40
OTHER_TOKEN = "o" * 40
V2 = "application/vnd.docker.distribution.events.v2+json"


@pytest.fixture(autouse=True)
def accepted(settings: Settings) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = f"{TOKEN}, {OTHER_TOKEN}"


def event(
    repository: str = "acme/web",
    action: str = "pull",
    actor: str = "acme+ci",
    when: datetime | None = None,
    **target: str,
) -> dict[str, Any]:
    """An event of this moment, unless told otherwise."""
    return {
        **EVENT,
        "action": action,
        "target": {**EVENT["target"], "repository": repository, **target},
        "actor": {"name": actor},
        "timestamp": (when or timezone.now()).isoformat(),
    }


def post(
    body: bytes,
    *,
    authorization: str | None = f"Bearer {TOKEN}",
    content_type: str = V2,
    method: str = "POST",
) -> "Response":
    headers = {"Authorization": authorization} if authorization is not None else {}
    client = Client(enforce_csrf_checks=True)
    return client.generic(method, URL, body, content_type, headers=headers)


def tell(*events: Any) -> None:
    """Send events, which are taken, and write what was noted."""
    response = post(envelope(*events))
    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    usage.flush()


def uses() -> list[tuple[str, str, str]]:
    """Who did what to which repository, as it is written."""
    return sorted(
        (str(row.robot or row.user), row.action, row.repository.full_name)
        for row in RepositoryUse.objects.select_related("repository__namespace")
    )


def stored() -> tuple[int, int, int, int]:
    """How many there are of what a notification may, or may not, make."""
    usage.flush()
    models = (Repository, RepositoryPermission, RepositoryUse, AuditEvent)
    return tuple(model._default_manager.count() for model in models)  # type: ignore[return-value]


def refusal(response: "Response") -> tuple[int, str]:
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    return response.status_code, json.loads(response.content)["message"]


def test_uses_are_written_with_the_last_uses(cast: Cast) -> None:
    tell(
        event(action="pull"),
        event(action="push", actor="bob"),
        event("acme/api", "delete", actor="alice"),
        event("acme/api", "mount", fromRepository="acme/public"),
    )
    assert uses() == [
        ("acme+ci", "pull", "acme/public"),
        ("acme+ci", "pull", "acme/web"),
        ("acme+ci", "push", "acme/api"),
        ("alice", "delete", "acme/api"),
        ("bob", "push", "acme/web"),
    ]


def test_the_times_are_those_of_the_events(cast: Cast) -> None:
    now = timezone.now().replace(microsecond=0)
    old, older = now - timedelta(hours=3), now - timedelta(hours=5)
    tell(event(when=older), event(when=old))
    use = RepositoryUse.objects.get()
    assert (use.first_used_at, use.last_used_at) == (older, old)


def test_a_time_long_ago_counts_as_a_day_ago(cast: Cast) -> None:
    """The first use says since when uses are known: nobody may make it older."""
    before = timezone.now()
    tell(event(when=before - timedelta(days=40)))
    use = RepositoryUse.objects.get()
    assert before - timedelta(days=1) <= use.first_used_at == use.last_used_at < before


def test_a_time_that_has_yet_to_come_is_now(cast: Cast) -> None:
    before = timezone.now()
    tell(event(when=before + timedelta(days=4000)))
    use = RepositoryUse.objects.get()
    assert before <= use.last_used_at <= timezone.now()


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    events = [event("acme/new", "push"), event()]
    tell(*events)
    before, rows = stored(), list(RepositoryUse.objects.order_by("id").values())
    tell(*events)
    assert stored() == before
    assert list(RepositoryUse.objects.order_by("id").values()) == rows


@pytest.mark.parametrize(
    "actor",
    ["", "(anonymous)", "nobody", "acme+nobody", "globex+ci", "acme+", "ACME+CI",
     "acme+ci ", "$oauthtoken", "Bob"],
)  # fmt: skip
def test_an_unknown_actor_is_ignored(actor: str, cast: Cast) -> None:
    before = stored()
    tell(event(actor=actor))
    assert stored() == before


def test_a_robot_is_found_by_both_halves_of_its_name(cast: Cast) -> None:
    globex = factories.organization("globex")
    factories.robot(globex, "deploy")
    tell(event(actor="acme+deploy"), event(actor="globex+deploy"), event())
    assert uses() == [
        ("acme+ci", "pull", "acme/web"),
        ("globex+deploy", "pull", "acme/web"),
    ]


def test_a_missing_repository_comes_to_exist_private(cast: Cast) -> None:
    tell(event("acme/a/b/c", "push"))
    made = Repository.objects.get(namespace=cast.acme, name="a/b/c")
    assert made.visibility == Visibility.PRIVATE
    assert uses() == [("acme+ci", "push", "acme/a/b/c")]
    audit = AuditEvent.objects.latest("id")
    assert (audit.kind, audit.performer_kind, audit.performer_name) == (
        "create_repo", "system", "registry notification",
    )  # fmt: skip
    assert (audit.namespace_name, audit.repository_name) == ("acme", "a/b/c")
    assert audit.address == "127.0.0.1"
    assert audit.request_id


def test_nothing_is_granted_to_who_pushed_it(cast: Cast, settings: Settings) -> None:
    settings.CREATE_PRIVATE_REPO_ON_PUSH = False
    DefaultPermission.objects.create(
        namespace=cast.acme, team=cast.team, role=Role.READ
    )
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, creator_robot=cast.ci, role=Role.ADMIN
    )
    tell(event("acme/new", "push"))
    made = Repository.objects.get(namespace=cast.acme, name="new")
    assert made.visibility == Visibility.PRIVATE
    assert [(p.team, p.role) for p in made.permissions.all()] == [
        (cast.team, Role.READ)
    ]


@pytest.mark.parametrize("actor", ["", "(anonymous)", "acme+nobody"])
def test_it_comes_to_exist_whoever_pushed_it(actor: str, cast: Cast) -> None:
    tell(event("acme/new", "push", actor=actor))
    assert Repository.objects.filter(namespace=cast.acme, name="new").exists()
    assert uses() == []


def test_what_is_deleted_there_does_not_come_to_exist_here(cast: Cast) -> None:
    before = stored()
    tell(event("acme/new", "delete"))
    assert stored() == before


def test_no_namespace_comes_to_exist(cast: Cast) -> None:
    before = stored()
    tell(event("none/new", "push"), event("alpine", "push"))
    assert stored() == before


def test_a_person_may_have_it(cast: Cast) -> None:
    tell(event("bob/tools", "push", actor="bob"))
    made = Repository.objects.get(name="tools")
    assert (made.namespace.name, made.permissions.count()) == ("bob", 0)


def test_creating_can_be_turned_off(cast: Cast, settings: Settings) -> None:
    settings.REGISTRY_NOTIFICATIONS_CREATE_REPOSITORIES = False
    tell(event("acme/new", "push"), event())
    assert not Repository.objects.filter(name="new").exists()
    assert uses() == [("acme+ci", "pull", "acme/web")]


def test_one_envelope_makes_only_so_many(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notified, "MAX_CREATED", 3)
    tell(*(event(f"acme/n{number}", "push") for number in range(5)),
         event("bob/n9", "push"))  # fmt: skip
    made = Repository.objects.filter(name__startswith="n").values_list(
        "name", flat=True
    )
    assert sorted(made) == ["n0", "n1", "n2"]


@pytest.mark.parametrize("action", ["pull", "push", "mount"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=64)])
def test_what_was_deleted_here_stays_deleted(
    late: timedelta, action: str, cast: Cast
) -> None:
    delete_repository(cast.web, factories.BY)
    before = stored()
    when = AuditEvent.objects.latest("id").created_at + late
    notices = [event(action=action, when=when)]
    assert post(envelope(*notices)).status_code == 204
    assert stored() == before


def test_an_event_of_the_future_brings_nothing_back(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    before = stored()
    tell(event(action="push", when=timezone.now() + timedelta(days=5)))
    assert stored() == before


def test_a_deleted_organization_made_anew_does_not_inherit(cast: Cast) -> None:
    delete_organization(cast.acme, factories.BY)
    factories.organization("acme", owner=cast.charlie)
    before = stored()
    tell(event(action="push"), event("acme/other", "push"))
    assert stored() == before


def test_a_push_long_after_the_deletion_counts(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    past = timezone.now() - timedelta(hours=2)
    backdate(AuditEvent.objects.filter(kind="delete_repo"), past)
    tell(event(action="push"))
    assert Repository.objects.filter(namespace=cast.acme, name="web").exists()


def test_one_that_comes_to_exist_meanwhile_is_used(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(names: Any) -> Any:
        factories.repository(cast.acme, "new")
        return departures(names)

    monkeypatch.setattr(notified, "departures", slowly)
    tell(event("acme/new", "push"), event("acme/more", "push"))
    assert Repository.objects.filter(name="new").count() == 1
    assert uses() == [
        ("acme+ci", "push", "acme/more"),
        ("acme+ci", "push", "acme/new"),
    ]


def test_a_namespace_that_goes_meanwhile_is_no_failure(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*arguments: Any) -> Any:
        delete_organization(cast.acme, factories.BY)
        return create_arrivals(*arguments)

    monkeypatch.setattr(notified, "create_arrivals", slowly)
    assert post(envelope(event("acme/new", "push"))).status_code == 204
    assert not Repository.objects.filter(name="new").exists()


def test_a_hundred_events_take_three_queries(cast: Cast) -> None:
    body = envelope(
        *(event(actor=f"acme+n{number}") for number in range(50)),
        *(event("acme/api", actor=f"person{number}") for number in range(50)),
        *(event(), event(actor="bob")),
    )
    with CaptureQueriesContext(connection) as queries:
        assert post(body).status_code == 204
    assert len(queries) == 3
    usage.flush()
    assert len(uses()) == 2


def test_an_envelope_of_nothing_takes_no_query(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert post(envelope()).status_code == 204
        assert post(envelope({**event(), "action": "tag"})).status_code == 204
    assert len(queries) == 0


@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_each_token_of_the_settings_is_believed(
    scheme: str, token: str, cast: Cast
) -> None:
    response = post(envelope(event()), authorization=f"{scheme} {token}")
    assert response.status_code == 204


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}n",
        f"Bearer {TOKEN[:-1]}N",
        f"Bearer {TOKEN}, {OTHER_TOKEN}",
        f"Bearer {TOKEN},",
        "Bearer \u00e9\u00ff",
        "Bearer " + "n" * 100_000,
    ],
    ids=lambda value: repr(value)[:30],
)
def test_nothing_else_is(authorization: str | None, cast: Cast) -> None:
    before = stored()
    body = envelope(event("acme/new", "push"), event())
    response = post(body, authorization=authorization)
    message = "Authorization: Bearer and a notification token is needed"
    assert refusal(response) == (401, message)
    assert response["WWW-Authenticate"] == 'Bearer realm="registry notifications"'
    assert stored() == before


def test_a_registry_token_of_ours_is_no_notification_token(cast: Cast) -> None:
    login = Client().get(
        "/v2/auth",
        query_params={"scope": "repository:acme/web:pull"},
        headers={"Authorization": basic("acme+ci", cast.ci_secret)},
    )
    bearer = json.loads(login.content)["token"]
    response = post(envelope(event()), authorization=f"Bearer {bearer}")
    assert response.status_code == 401


@pytest.mark.parametrize("weak", ["n", "n" * 31, "n" * 31 + "\u00e9", "nn " * 20])
def test_a_token_that_could_be_guessed_is_never_accepted(
    weak: str, cast: Cast, settings: Settings
) -> None:
    """The system check names it, and a server may run without the checks."""
    settings.REGISTRY_NOTIFICATION_TOKENS = [weak]
    before = stored()
    response = post(envelope(event()), authorization=f"Bearer {weak}")
    assert response.status_code == 401
    assert stored() == before
    settings.REGISTRY_NOTIFICATION_TOKENS = [weak, TOKEN]
    assert post(envelope(event())).status_code == 204


@pytest.mark.parametrize("unset", ["", ",", " , ", [], ()], ids=repr)
@pytest.mark.parametrize("authorization", [None, "Bearer ", f"Bearer {TOKEN}"])
def test_without_a_token_in_the_settings_there_is_no_such_address(
    unset: Any, authorization: str | None, cast: Cast, settings: Settings
) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = unset
    before = stored()
    response = post(envelope(event("acme/new")), authorization=authorization)
    assert refusal(response) == (404, "Not found")
    assert stored() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(method: str, cast: Cast) -> None:
    response = post(envelope(event()), method=method)
    assert (response.status_code, response["Allow"]) == (405, "POST")


TOO_LONG = (413, "The body is longer than 1048576 bytes")


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", V2, (400, "The body is not JSON")),
        (b"[]", V2, (400, 'The body is no envelope: {"events": [...]}')),
        (b"[" * 900_000, V2, (400, "The body is not JSON")),
        (b"\xff", V2, (400, "The body is not JSON")),
        (b"{}" + b" " * 1024 * 1024, V2, TOO_LONG),
        (b" " * 3_000_000, V2, TOO_LONG),
        (b"{}", "text/plain", (415, "The body must be JSON")),
        (b"events=1", "application/x-www-form-urlencoded",
         (415, "The body must be JSON")),
        (b"--x", "multipart/form-data; boundary=x", (415, "The body must be JSON")),
    ],
    ids=lambda value: repr(value)[:24],
)  # fmt: skip
def test_other_bodies_are_refused(
    body: bytes, content_type: str, expected: tuple[int, str], cast: Cast
) -> None:
    before = stored()
    assert refusal(post(body, content_type=content_type)) == expected
    assert stored() == before


@pytest.mark.parametrize("length", ["x", "1x", "0x10"])
def test_a_length_that_is_no_number_is_refused(length: str, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    body = envelope(event("acme/new"))
    before = stored()
    response = client.generic(
        "POST",
        URL,
        body,
        V2,
        headers={"Authorization": f"Bearer {TOKEN}"},
        CONTENT_LENGTH=length,
    )
    assert refusal(response) == (400, "The body could not be read")
    assert stored() == before


def test_the_bound_of_the_whole_site_holds_too(cast: Cast, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    before = stored()
    assert refusal(post(envelope(event("acme/new")))) == TOO_LONG
    assert stored() == before


def test_a_body_of_a_mebibyte_is_read(cast: Cast) -> None:
    body = envelope(event())
    tell_all = body + b" " * (1024 * 1024 - len(body))
    assert post(tell_all).status_code == 204
    usage.flush()
    assert len(uses()) == 1


@pytest.mark.parametrize("kind", ["application/json", V2, f"{V2}; charset=utf-8"])
def test_content_types_that_registries_send(kind: str, cast: Cast) -> None:
    assert post(envelope(event()), content_type=kind).status_code == 204


def test_a_database_that_is_away_is_asked_again_later(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(execute: Callable[..., Any], *arguments: Any) -> Any:
        raise OperationalError("away")

    with connection.execute_wrapper(away):
        response = post(envelope(event()))
    assert response.status_code == 503
    assert response["Retry-After"]


def test_a_refusal_is_logged_without_the_token(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    post(b"{}", authorization="Bearer not-the-token")
    assert "notification refused" in caplog.text
    assert "not-the-token" not in caplog.text
    post(b"{")
    assert TOKEN not in caplog.text


@given(document=JSON)
@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_makes_it_fail(cast: Cast, document: Any) -> None:
    before = Repository.objects.count()
    for body in (json.dumps(document).encode(), envelope(document)):
        assert post(body).status_code in {204, 400}
    assert Repository.objects.count() == before
