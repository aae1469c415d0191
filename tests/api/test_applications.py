"""OAuth applications of organizations: contract sections 1.10, M5 and P7."""

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import (
    Details,
    create_application,
    delete_application,
    reset_client_secret,
    update_application,
)
from quaysite.models import AccessToken, Application, Grant
from robots.errors import NotFound
from robots.models import AuditEvent
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

APPS = "/api/v1/organization/acme/applications"
KEYS = {
    "name",
    "description",
    "application_uri",
    "client_id",
    "client_secret",
    "redirect_uri",
    "avatar_email",
}
FULL = {
    "name": "CI",
    "application_uri": "https://ci.example",
    "redirect_uri": "https://ci.example/callback?a=b",
    "description": "Builds\nthings: ü",
    "avatar_email": "ci@example.org",
}

READ = "read_application_client_secret"


def events() -> list[tuple[str, str, str]]:
    return [
        (event.kind, event.namespace_name, event.facts.get("application_name", ""))
        for event in AuditEvent.objects.filter(kind__contains="application").order_by(
            "id"
        )
    ]


def test_an_application_lives(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    assert alice.get(APPS).json == {"applications": []}
    made = alice.post(APPS, FULL)
    assert made.status == 200
    assert set(made.json) == KEYS
    assert {key: made.json[key] for key in FULL} == FULL
    assert re.fullmatch("[A-Z0-9]{20}", made.json["client_id"])
    assert re.fullmatch("[A-Z0-9]{40}", made.json["client_secret"])
    one = f"{APPS}/{made.json['client_id']}"
    assert alice.get(one).json == made.json
    assert alice.get(APPS).json == {"applications": [made.json]}
    stored = Application.objects.get(organization=cast.acme)
    assert made.json["client_secret"] not in stored.client_secret
    assert check_password(made.json["client_secret"], stored.client_secret)
    changed = alice.put(
        one,
        {
            "name": "CD",
            "redirect_uri": "",
            "application_uri": "",
            "client_id": "x",
            "client_secret": "y",
        },
    )
    expected = {**made.json, "name": "CD", "redirect_uri": "", "application_uri": ""}
    assert (changed.status, changed.json) == (200, expected)
    gone = alice.delete(one)
    assert (gone.status, gone.text) == (204, "")
    assert not Application.objects.filter(organization=cast.acme).exists()
    assert alice.get(one).status == alice.delete(one).status == 404
    assert events() == [
        ("create_application", "acme", "CI"),
        (READ, "acme", "CI"),
        (READ, "acme", ""),
        ("update_application", "acme", "CD"),
        (READ, "acme", "CD"),
        ("delete_application", "acme", "CD"),
    ]
    event = AuditEvent.objects.get(kind="create_application")
    assert event.facts["client_id"] == made.json["client_id"]
    assert event.performer_name == "alice"


def test_a_client_secret_is_replaced(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    made = alice.post(APPS, FULL).json
    renewed = alice.post(f"{APPS}/{made['client_id']}/resetclientsecret")
    assert renewed.status == 200
    assert re.fullmatch("[A-Z0-9]{40}", renewed.json["client_secret"])
    assert renewed.json["client_secret"] != made["client_secret"]
    stored = Application.objects.get(organization=cast.acme)
    assert check_password(renewed.json["client_secret"], stored.client_secret)
    assert not check_password(made["client_secret"], stored.client_secret)
    assert alice.get(f"{APPS}/{made['client_id']}").json == renewed.json
    assert events()[-2:] == [
        ("reset_application_client_secret", "acme", "CI"),
        (READ, "acme", "CI"),
    ]
    secrets = {made["client_secret"], renewed.json["client_secret"]}
    assert not any(s in str(e.facts) for s in secrets for e in AuditEvent.objects.all())


def test_secrets_that_are_shown_are_in_the_audit(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    alice, auditor = local_user(cast.alice), local_user(cast.charlie)
    made = [alice.post(APPS, {"name": name}).json for name in ("a", "b", "a")]
    ids = [one["client_id"] for one in made]
    Application.objects.filter(client_id=ids[1]).update(sealed_secret=None)
    alice.post(f"{APPS}/{ids[2]}/resetclientsecret")
    for path in (APPS, f"{APPS}/{ids[0]}"):
        assert auditor.get(path).status == 200
    assert alice.get(f"{APPS}/{ids[1]}").json["client_secret"] == ""
    assert not AuditEvent.objects.filter(kind=READ).exists()
    assert alice.get(f"{APPS}/{ids[0]}").json["client_secret"]
    listed = alice.get(APPS).json["applications"]
    assert [bool(one["client_secret"]) for one in listed] == [True, False, True]
    one, several = AuditEvent.objects.filter(kind=READ).order_by("id")
    assert (one.facts["application_name"], one.facts["client_id"]) == ("a", ids[0])
    assert several.facts["applications"] == ["a", "a"]
    assert several.facts["client_ids"] == [ids[0], ids[2]]
    assert several.facts["count"] == 2
    assert {one.performer_name, several.performer_name} == {"alice"}
    assert one.namespace_name == several.namespace_name == "acme"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": None}, "None is not of type 'string'"),
        ({"name": 5}, "5 is not of type 'string'"),
        ({"name": ""}, "'' is too short"),
        (
            {"name": "__quay_bootstrap_app"},
            "Application name is reserved for bootstrap token provisioning",
        ),
        ({"name": "a\x00b"}, None),
        ({"name": "a\ud800b"}, None),
        ({"name": "x" * 256}, None),
        ({"redirect_uri": "javascript:alert(1)"}, None),
        ({"redirect_uri": "JavaScript://x/%0aalert(1)"}, None),
        ({"redirect_uri": "data:text/html,x"}, None),
        ({"redirect_uri": "/relative"}, None),
        ({"redirect_uri": "//host/path"}, None),
        ({"redirect_uri": "https://"}, None),
        ({"redirect_uri": "https://host/#fragment"}, None),
        ({"redirect_uri": "https://good.example@evil.example/"}, None),
        ({"redirect_uri": "https://good.example\\@evil.example/"}, None),
        ({"redirect_uri": "https://one.example https://two.example"}, None),
        ({"redirect_uri": "https://[::1"}, None),
        ({"redirect_uri": "https://host:port/"}, None),
        ({"redirect_uri": "https://a/" + "x" * 2048}, None),
        ({"redirect_uri": " https://a/"}, None),
        ({"redirect_uri": "java\tscript:alert(1)"}, None),
        ({"application_uri": "javascript:alert(1)"}, None),
        ({"application_uri": "com.example.app:/x"}, None),
        ({"description": ["x"]}, None),
        ({"avatar_email": "x" * 256}, None),
    ],
)
def test_what_cannot_be_used_is_refused(
    cast: Cast, local_user: LocalUser, change: dict[str, Any], text: str | None
) -> None:
    alice = local_user(cast.alice)
    answer = alice.post(APPS, {**FULL, **change})
    assert answer.status == 400
    if text:
        assert answer.json["detail"] == text
    assert not Application.objects.filter(organization=cast.acme).exists()
    one = alice.post(APPS, {"name": "a"}).json
    assert alice.put(f"{APPS}/{one['client_id']}", {**FULL, **change}).status == 400
    assert alice.get(f"{APPS}/{one['client_id']}").json == one


def test_uris_that_applications_have_are_taken(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    for uri in (
        "",
        "http://localhost:8080/cb",
        "http://[::1]/cb",
        "com.example.app:/oauth",
        "https://host.example",
    ):
        made = alice.post(APPS, {"name": "same name", "redirect_uri": uri})
        assert (made.status, made.json["redirect_uri"]) == (200, uri)
    assert len(alice.get(APPS).json["applications"]) == 5


def test_bodies_that_are_incomplete_are_refused(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    assert alice.post(APPS, {}).json["detail"] == "'name' is a required property"
    assert alice.post(APPS, None).status == 415
    assert alice.post(APPS, b"{").status == 400
    one = alice.post(APPS, {"name": "a"}).json["client_id"]
    complete = {"name": "b", "redirect_uri": "", "application_uri": ""}
    for key in complete:
        body = {name: value for name, value in complete.items() if name != key}
        answer = alice.put(f"{APPS}/{one}", body)
        assert answer.status == 400
        assert answer.json["detail"] == f"'{key}' is a required property"
    assert alice.put(f"{APPS}/{one}", complete).status == 200


def test_only_administrators_reach_applications(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    alice = local_user(cast.alice)
    made = alice.post(APPS, FULL).json
    one = f"{APPS}/{made['client_id']}"
    reads = [("GET", APPS), ("GET", one)]
    put = {"name": "b", "redirect_uri": "", "application_uri": ""}
    writes = [
        ("POST", APPS, FULL),
        ("PUT", one, put),
        ("DELETE", one, None),
        ("POST", f"{one}/resetclientsecret", None),
    ]
    for method, path in reads:
        assert local.send(method, path, None, {}).status == 401
    for method, path, body in writes:
        assert local.send(method, path, body, {}).status == 403
    scopes = "repo:admin repo:create user:admin super:user"
    limited = local_user(cast.alice, scope=scopes)
    for other in (local_user(cast.bob), local_user(cast.charlie), limited):
        for method, path, body in [*((m, p, None) for m, p in reads), *writes]:
            answer = other.send(method, path, body, {})
            assert answer.status == 403
            assert answer.json["error_type"] == "insufficient_scope"
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    auditor = local_user(cast.charlie)
    shown = {**made, "client_secret": ""}
    assert auditor.get(one).json == shown
    assert auditor.get(APPS).json == {"applications": [shown]}
    for method, path, body in writes:
        assert auditor.send(method, path, body, {}).status == 403
    assert alice.get(APPS).json == {"applications": [made]}


def test_an_application_is_of_its_organization_alone(
    cast: Cast, local_user: LocalUser
) -> None:
    factories.organization("other", owner=cast.charlie)
    charlie = local_user(cast.charlie)
    mine = local_user(cast.alice).post(APPS, FULL).json
    base = "/api/v1/organization/other/applications"
    one = f"{base}/{mine['client_id']}"
    put = {"name": "b", "redirect_uri": "https://evil.example", "application_uri": ""}
    token = {"name": "t", "scope": "repo:read"}
    for method, path, body in [
        ("GET", one, None),
        ("PUT", one, put),
        ("DELETE", one, None),
        ("POST", f"{one}/resetclientsecret", None),
        ("GET", f"{one}/tokens", None),
        ("POST", f"{one}/tokens", token),
        ("GET", f"{base}/%00", None),
        ("GET", f"{base}/nosuch", None),
    ]:
        answer = charlie.send(method, path, body, {})
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")
    assert charlie.get(base).json == {"applications": []}
    personal = "/api/v1/organization/charlie/applications"
    assert charlie.post(personal, FULL).status == 403
    assert local_user(cast.alice).get(f"{APPS}/{mine['client_id']}").json == mine


def test_a_list_costs_the_same_whatever_its_length(
    cast: Cast, local_user: LocalUser
) -> None:
    costs = []
    for count in (1, 30):
        for n in range(count):
            create_application(cast.acme, Details(f"app{n}"), factories.BY)
        alice = local_user(cast.alice)
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(APPS).status == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_what_is_deleted_meanwhile_is_no_error_of_ours(cast: Cast) -> None:
    application = create_application(cast.acme, Details("a"), factories.BY)
    delete_application(application, factories.BY)
    for deed in (
        lambda: update_application(application, Details("b"), factories.BY),
        lambda: reset_client_secret(application, factories.BY),
        lambda: delete_application(application, factories.BY),
    ):
        with pytest.raises(NotFound):
            deed()


def test_anybody_may_know_what_asks_for_a_token(
    cast: Cast, local: LocalClient, local_user: LocalUser
) -> None:
    cast.acme.email = "office@acme.example"
    cast.acme.save()
    made = local_user(cast.alice).post(APPS, FULL).json
    path = f"/api/v1/app/{made['client_id']}"
    shown = local.get(path)
    assert shown.status == 200
    avatar = shown.json.pop("avatar")
    assert (avatar["name"], avatar["kind"]) == ("CI", "app")
    organization = shown.json["organization"]
    assert organization["teams"] == {}
    assert organization["ordered_teams"] == []
    assert organization["is_admin"] is organization["is_member"] is False
    assert organization["email"] == ""
    assert {key: shown.json[key] for key in ("name", "description", "uri")} == {
        "name": "CI",
        "description": "Builds\nthings: ü",
        "uri": "https://ci.example",
    }
    assert made["client_secret"] not in shown.text
    mine = local_user(cast.alice).get(path).json["organization"]
    assert (mine["is_admin"], mine["teams"]) == (True, {})
    assert mine["email"] == "office@acme.example"
    orphan = Application.objects.create(name="orphan")
    for client_id in ("nosuch", "%00", "%ED%A0%80", orphan.client_id):
        answer = local.get(f"/api/v1/app/{client_id}")
        assert (answer.status, answer.json["error_type"]) == (404, "not_found")


def test_a_deleted_organization_takes_its_applications_along(
    cast: Cast, local_user: LocalUser
) -> None:
    application = create_application(cast.acme, Details("a"), factories.BY)
    alice = local_user(cast.alice)
    body = {"name": "t", "scope": "user:read"}
    made = alice.post(f"{APPS}/{application.client_id}/tokens", body)
    bearer = LocalClient(made.json["token"])
    assert bearer.get("/api/v1/user/").status == 200
    Grant.objects.create(
        application=application,
        user=cast.bob,
        code="x",
        expires=timezone.now(),
        redirect_uri="",
    )
    cast.web.namespace.delete()
    assert bearer.get("/api/v1/user/").status == 401
    assert not Application.objects.filter(pk=application.pk).exists()
    assert not AccessToken.objects.filter(application=application.pk).exists()
    assert not Grant.objects.exists()


def test_a_session_needs_its_csrf_token(cast: Cast) -> None:
    session = signed_in(cast.alice)
    made = session.post(APPS, FULL)
    assert made.status == 200
    session.csrf = None
    assert session.post(APPS, FULL).status == 403
    assert Application.objects.filter(organization=cast.acme).count() == 1
