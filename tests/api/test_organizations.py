"""Organizations over the API: contract sections 1.6, 1.10 and P9."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from robots.api.organization_views import organization_view
from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.permissions import grant
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    Robot,
    Team,
)
from robots.roles import Role, State, TeamRole
from robots.standing import Standing
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

NEW = "/api/v1/organization/"
ORG = "/api/v1/organization/acme"


def facts(kind: str) -> list[dict[str, Any]]:
    """What the events of one kind say, without the credential of the caller."""
    return [
        {k: v for k, v in event.facts.items() if not k.startswith("oauth_token")}
        for event in AuditEvent.objects.filter(kind=kind).order_by("id")
    ]


def test_an_organization_is_made_shown_and_deleted(
    cast: Cast, local_user: LocalUser
) -> None:
    bob = local_user(cast.bob)
    body = {"name": "globex", "email": "it@globex.example", "recaptcha_response": "x"}
    made = bob.post(NEW, body)
    assert (made.status, made.text) == (201, '"Created"')
    shown = bob.get("/api/v1/organization/globex").json
    avatar = {k: v for k, v in shown["teams"]["owners"].items() if k == "avatar"}
    assert shown == {
        "name": "globex",
        "email": "it@globex.example",
        "avatar": shown["avatar"],
        "is_admin": True,
        "is_member": True,
        "teams": {
            "owners": {
                "name": "owners",
                "description": "",
                "role": "admin",
                **avatar,
                "can_view": True,
                "repo_count": 0,
                "member_count": 1,
                "is_synced": False,
            }
        },
        "ordered_teams": ["owners"],
        "invoice_email": False,
        "invoice_email_address": None,
        "tag_expiration_s": 1209600,
        "is_free_account": True,
    }
    assert (shown["avatar"]["name"], shown["avatar"]["kind"]) == ("globex", "org")
    assert avatar["avatar"]["kind"] == "team"
    assert facts("org_create")[-1]["email"] == "it@globex.example"
    gone = bob.delete("/api/v1/organization/globex")
    assert (gone.status, gone.text) == (204, "")
    assert bob.get("/api/v1/organization/globex").status == 404
    event = AuditEvent.objects.get(kind="org_delete")
    assert (event.namespace_name, event.performer_user) == ("globex", cast.bob)


def test_names_and_addresses_are_refused_with_quays_texts(
    cast: Cast, local_user: LocalUser
) -> None:
    cast.charlie.email = "Charlie@Example.org"
    cast.charlie.save()
    alice = local_user(cast.alice)
    taken = "A user or organization with this name already exists"
    issue = "Namespace must be between 2 and 255 characters in length"
    pattern = "Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
    used = "Email has already been used: charlie@example.org"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": "acme"}, taken),
        ({"name": "bob"}, taken),
        ({"name": "a"}, f"Invalid namespace a: {issue}"),
        ({"name": "Acme"}, f"Invalid namespace Acme: {pattern}"),
        ({"name": "new", "email": "nonsense"}, "Invalid email address"),
        ({"name": "new", "email": f"{'a' * 64}@{'b' * 250}.org"},
         "Invalid email address"),
        ({"name": "new", "contact_email": "@"}, "Invalid email address"),
        ({"name": "new", "email": "charlie@example.org"}, used),
        ({}, "'name' is a required property"),
        ({"name": 5}, "5 is not of type 'string'"),
        ({"name": None}, "None is not of type 'string'"),
        ({"name": "new", "email": ["x"]}, "['x'] is not of type 'string'"),
    ]  # fmt: skip
    for body, message in cases:
        refused = alice.post(NEW, body)
        assert (refused.status, refused.json["error_message"]) == (400, message), body
        assert refused.json["error_type"] == "invalid_request"
    assert alice.post(NEW, {"name": "nul\x00"}).status == 400
    assert alice.post(NEW, b'"text"').status == 400
    assert alice.post(NEW).status == 415
    assert Namespace.objects.filter(owner=None).count() == 1
    assert len(facts("org_create")) == 1


def test_one_address_may_serve_two_organizations(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    for name in ("one", "two"):
        body = {"name": name, "email": "lost@one.example", "contact_email": "it@x.org"}
        assert alice.post("/api/v1/organization", body).status == 201
    stored = Namespace.objects.filter(email="it@x.org").values_list("name", flat=True)
    assert list(stored) == ["one", "two"]


def test_everybody_sees_as_much_as_fits(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    Namespace.objects.filter(name="acme").update(email="it@acme.example")
    dora = local_user(factories.user("dora"))
    public = {"name", "email", "avatar", "is_admin", "is_member"}
    for client in (local, dora, local_user(cast.alice, "user:read")):
        shown = client.get(ORG)
        assert shown.status == 200
        assert shown.json.keys() == public
        assert shown.json["email"] == ""
        assert (shown.json["is_admin"], shown.json["is_member"]) == (False, False)
    member = local_user(cast.bob).get(ORG).json
    assert member.keys() == public | {"teams", "ordered_teams"}
    assert (member["is_admin"], member["is_member"]) == (False, True)
    assert member["ordered_teams"] == ["owners", "developers"]
    assert not member["teams"]["owners"]["can_view"]
    assert member["teams"]["developers"]["can_view"]
    auditor = local_user(cast.charlie).get(ORG).json
    assert (auditor["is_admin"], auditor["is_member"]) == (True, True)
    assert auditor["email"] == "it@acme.example"
    assert auditor["teams"]["owners"]["can_view"]


def test_what_is_no_organization_is_404_for_everybody(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    settings.SUPER_USERS = ["charlie"]
    for name in ("nosuch", "bob", "B%00d", "x" * 300, "%ff"):
        for client in (local, local_user(cast.bob), local_user(cast.charlie)):
            missing = client.get(f"/api/v1/organization/{name}")
            assert (missing.status, missing.json["error_type"]) == (404, "not_found")
    for name in ("nosuch", "bob"):
        path = f"/api/v1/organization/{name}"
        assert local_user(cast.bob).put(path, {}).status == 403
        assert local_user(cast.bob).delete(path).status == 403
        assert local_user(cast.charlie).delete(path).status == 404
    assert Namespace.objects.filter(name="bob").exists()


def test_teams_are_counted_with_a_constant_number_of_queries(
    cast: Cast,
    local_user: LocalUser,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    past = timezone.now() - timedelta(days=1)
    grant(cast.web, cast.team, Role.READ, factories.BY, past)
    factories.team(cast.acme, "admins", TeamRole.ADMIN, (cast.charlie, cast.bob))
    standing = Standing(cast.acme, is_admin=True, is_member=True, may_audit=True)
    with django_assert_num_queries(3):
        shown = organization_view(cast.acme, standing)
    counts = {
        name: (team["member_count"], team["repo_count"])
        for name, team in shown["teams"].items()
    }
    assert counts == {"owners": (1, 0), "developers": (1, 1), "admins": (2, 0)}
    with django_assert_num_queries(4):
        shown = organization_view(
            cast.acme, Standing(cast.acme, is_member=True), user_id=cast.bob.pk
        )
    seen = [name for name, team in shown["teams"].items() if team["can_view"]]
    assert seen == ["developers", "admins"]
    with django_assert_num_queries(0):
        shown = organization_view(cast.acme, standing, with_teams=False)
    assert (shown["teams"], shown["ordered_teams"]) == ({}, [])
    assert organization_view(cast.acme, Standing(cast.acme), False)["teams"] == {}


def test_an_administrator_changes_it(cast: Cast, local_user: LocalUser) -> None:
    cast.charlie.email = "charlie@example.org"
    cast.charlie.save()
    alice = local_user(cast.alice)
    body = {
        "email": "lost@example.org",
        "contact_email": "charlie@example.org",
        "invoice_email": True,
        "invoice_email_address": "bills@acme.example",
        "tag_expiration_s": 86400,
        "unknown": 1,
    }
    changed = alice.put(ORG, body)
    assert changed.status == 200
    assert changed.json == alice.get(ORG).json
    stored = Namespace.objects.get(name="acme")
    assert stored.email == changed.json["email"] == "charlie@example.org"
    assert stored.invoice_email is True
    assert stored.invoice_email_address == "bills@acme.example"
    assert stored.tag_expiration_s == changed.json["tag_expiration_s"] == 86400
    assert facts("org_change_email") == [{"email": "charlie@example.org"}]
    assert facts("org_change_invoicing") == [
        {"invoice_email": True, "invoice_email_address": "bills@acme.example"}
    ]
    assert facts("org_change_tag_expiration") == [{"tag_expiration_s": 86400}]
    count = AuditEvent.objects.count()
    assert alice.put(ORG, {}).status == 200
    assert alice.put(ORG, {"invoice_email": True}).status == 200
    assert AuditEvent.objects.count() == count
    cleared = alice.put(ORG, {"email": "", "invoice_email_address": None})
    assert (cleared.json["email"], cleared.json["invoice_email_address"]) == ("", None)


@pytest.mark.parametrize(
    "body",
    [
        {"tag_expiration_s": 5},
        {"tag_expiration_s": -1},
        {"tag_expiration_s": 10**30},
        {"tag_expiration_s": "0"},
        {"tag_expiration_s": True},
        {"email": "nonsense"},
        {"contact_email": "nonsense"},
        {"invoice_email_address": "nonsense"},
        {"invoice_email": "yes"},
        {"email": None},
        [],
    ],
    ids=repr,
)
def test_a_wrong_value_changes_nothing(
    cast: Cast, local_user: LocalUser, body: object
) -> None:
    before = Namespace.objects.filter(name="acme").values().get()
    refused = local_user(cast.alice).put(ORG, body)
    assert refused.status == 400
    assert refused.json["error_type"] == "invalid_request"
    assert Namespace.objects.filter(name="acme").values().get() == before


def test_only_administrators_write(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    scopes = "repo:admin repo:create user:read org:admin super:user"
    assert local_user(cast.alice, scopes).post(NEW, {"name": "new"}).status == 403
    less = "repo:admin repo:create user:admin super:user"
    clients = [
        local_user(cast.bob),
        local_user(cast.charlie),
        local_user(cast.alice, less),
    ]
    for client in clients:
        assert client.put(ORG, {"email": ""}).status == 403
        assert client.delete(ORG).status == 403
    for write in (local.put(ORG, {}), local.delete(ORG), local.post(NEW, {})):
        assert write.json == {"error": "CSRF token was invalid or missing."}
    assert Namespace.objects.filter(name="acme").exists()
    assert not Namespace.objects.filter(name="new").exists()
    assert local_user(cast.alice, "org:admin").put(ORG, {}).status == 200
    only = local_user(cast.charlie, "user:admin")
    assert only.post(NEW, {"name": "own"}).status == 201


def test_deleting_needs_a_fresh_session(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    session = alice.django.session
    session[SIGNED_IN_AT] = timezone.now().timestamp() - 3600
    session.save()
    stale = alice.delete(ORG)
    assert (stale.status, stale.json["error_type"]) == (401, "fresh_login_required")
    assert signed_in(cast.alice).delete(ORG).status == 204


def test_all_that_lives_in_it_goes_and_its_name_is_free(
    cast: Cast, local_user: LocalUser
) -> None:
    Repository.objects.filter(pk=cast.web.pk).update(
        state=State.MIRROR, mirror_robot=cast.ci
    )
    DefaultPermission.objects.create(
        namespace=cast.acme, role=Role.READ, robot=cast.reader
    )
    alice = local_user(cast.alice)
    assert alice.delete(ORG).status == 204
    for model in (Robot, Repository, Team, DefaultPermission):
        assert not model._default_manager.exists()
    assert local_user(cast.bob).post(NEW, {"name": "acme"}).status == 201
    assert alice.delete(ORG).status == 403
    for _ in range(200):
        assert alice.post(NEW, {"name": "again"}).status == 201
        assert alice.delete("/api/v1/organization/again").status == 204


def test_features_that_are_not_there_answer_as_if_unused(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    cache = {"upstream_registry": "", "expiration_s": "", "insecure": ""}
    none: dict[str, object] = {"policies": []}
    reads: dict[str, tuple[int, object]] = {
        "quota": (200, []),
        "proxycache": (200, cache),
        "immutabilitypolicy/": (200, none),
        "autoprunepolicy/": (200, none),
        "autoprunepolicy/x": (404, None),
        "mirror": (404, None),
    }
    alice, bob = local_user(cast.alice), local_user(cast.bob)
    for path, (status, body) in reads.items():
        for client in (alice, local_user(cast.charlie)):
            shown = client.get(f"{ORG}/{path}")
            assert shown.status == status, path
            assert shown.json == body or shown.json["error_type"] == "not_found"
        assert local.get(f"{ORG}/{path}").status == 401
        assert bob.get(f"{ORG}/{path}").status == (200 if path == "quota" else 403)
    for policy in ("immutabilitypolicy", "autoprunepolicy"):
        for method, path in (("POST", ""), ("PUT", "x"), ("DELETE", "x")):
            target = f"{ORG}/{policy}/{path}"
            assert alice.send(method, target, {"method": "x"}, {}).status == 404
            assert bob.send(method, target, None, {}).status == 403
