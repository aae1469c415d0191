"""S-02: no address of a list asks about what the list does not show."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from federation.models import Trust
from quaysite.models import AccessToken, Application, User
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import (
    AppToken,
    AuditEvent,
    DefaultPermission,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import page
from tests.robots.admin_people import signed_in

KINDS = ("", "__exact", "__isnull", "__gte", "__lt", "__in", "__startswith")
TIME = "2026-01-01 00:00:00+00:00"
KINDS_BEHIND = ("__exact", "__gte")

_CREATED = {"created_at__gte", "created_at__lt"}
_ENABLED = {"enabled__exact", "enabled__isnull"}
_ROLE = {"role__exact", "role__isnull"}
_VISIBILITY = {"visibility__exact", "visibility__isnull"}
_STATE = {"state__exact", "state__isnull"}
_ORIGIN = {"origin__exact", "origin__isnull"}

TAKEN: dict[type[Model], set[str]] = {
    AccessToken: set(),
    Application: set(),
    AppToken: set(),
    AuditEvent: {"namespace", "kind"},
    DefaultPermission: {"namespace", *_ROLE},
    Namespace: {"kind", *_ENABLED},
    PermissionChange: {"event__id__exact"},
    Repository: {"namespace", *_VISIBILITY, *_STATE, *_CREATED},
    RepositoryPermission: {"namespace", "robot__id__exact", *_ROLE, *_CREATED},
    Robot: {"namespace", *_ENABLED, *_CREATED},
    RobotToken: {"robot__id__exact", *_ORIGIN, *_CREATED},
    Team: {"namespace", *_ROLE},
    TeamMember: {"namespace"},
    Trust: {*_ENABLED, "single_use__exact", "single_use__isnull"},
}
"""Of all that can be asked about columns and relations, what a list answers."""


def lookups(model: type[Model]) -> Iterator[str]:
    """Every column, and what is one step behind it, with each kind of lookup."""
    fields: list[Any] = model._meta.get_fields(include_hidden=True)
    for field in fields:
        yield from (f"{field.name}{kind}" for kind in KINDS)
        behind = ["a"]
        if field.related_model:
            behind = [other.name for other in field.related_model._meta.get_fields()]
        for name in behind:
            yield from (f"{field.name}__{name}{kind}" for kind in KINDS_BEHIND)


@pytest.mark.parametrize("model", TAKEN, ids=lambda model: model.__name__)
@pytest.mark.parametrize("who", ["bob", "admin"])
def test_s02_a_list_answers_what_its_filters_ask_and_nothing_else(
    admin_client: Client, cast: Cast, who: str, model: type[Model]
) -> None:
    client = admin_client if who == "admin" else signed_in(cast.bob)
    whole, answered = page(model, "changelist"), set()

    for lookup in lookups(model):
        response = client.get(whole, {lookup: TIME if "_at" in lookup else "1"})
        if response.status_code == 200:
            answered.add(lookup)
        else:
            assert response.headers["Location"] == f"{whole}?e=1", lookup

    assert answered == TAKEN[model]


def test_every_list_that_members_open_is_among_these(cast: Cast) -> None:
    client = signed_in(cast.bob)

    opened = {
        model
        for model in admin.site._registry
        if client.get(page(model, "changelist")).status_code == 200
    }

    assert opened == set(TAKEN)


@pytest.fixture
def hidden(cast: Cast) -> dict[str, tuple[type[Model], str]]:
    """What bob may not know, and an address that once told it."""
    cast.acme.email = "boss@acme.test"
    cast.acme.save()
    cast.ci.metadata = {"token": "hunter2"}
    cast.ci.save()
    Trust.objects.create(robot=cast.ci, issuer="https://x.example", subject="s")
    admits = grant(cast.api, cast.ci, Role.ADMIN, factories.BY)
    owners = Team.objects.get(name="owners")
    member = add_member(owners, cast.reader, factories.BY)
    return {
        "an address": (Namespace, "email__gte=boss"),
        "metadata": (Robot, "metadata__token__gte=h"),
        "a key of metadata": (Robot, "metadata__token=hunter2"),
        "a trust": (Robot, "trusts__isnull=False"),
        "a robot's permission": (Robot, f"repository_permissions__exact={admits.pk}"),
        "a repository's": (Repository, f"permissions__exact={admits.pk}"),
        "a robot's team": (Robot, f"team_memberships__exact={member.pk}"),
        "a team's member": (Team, f"members__exact={member.pk}"),
        "a team's robot": (Team, f"members__robot__exact={cast.reader.pk}"),
    }


def test_s02_a_member_cannot_spell_out_what_is_hidden(
    cast: Cast, hidden: dict[str, tuple[type[Model], str]]
) -> None:
    client = signed_in(cast.bob)

    for what, (model, query) in hidden.items():
        whole = page(model, "changelist")
        for address in (f"{whole}?{query}", f"{whole}?{query}&q=a&o=1&namespace=acme"):
            assert client.get(address).headers["Location"] == f"{whole}?e=1", what
        again = client.get(f"{whole}?{query}&e=1")
        assert "cl" not in (again.context or {}), what


def test_s02_nothing_is_exported_by_what_the_log_does_not_show(cast: Cast) -> None:
    whole = page(AuditEvent, "changelist")

    answer = signed_in(cast.alice).post(f"{whole}export/?facts__token__gte=h")

    assert answer.headers["Location"] == whole
    assert not AuditEvent.objects.filter(kind__contains="export").exists()


def test_s02_no_page_tells_of_others_changes_but_the_audit_log(
    admin_client: Client, cast: Cast
) -> None:
    signed_in(cast.alice).post(page(Team, "change", cast.team.pk), {"role": 2})
    rows: list[Model] = [cast.ci, cast.acme, cast.team, cast.web, cast.bob]

    for client in (admin_client, signed_in(cast.alice), signed_in(cast.bob)):
        for row in rows:
            url = page(type(row), "history", row.pk)
            assert client.get(url).status_code == 404, url
            form = client.get(page(type(row), "change", row.pk))
            assert url not in form.content.decode()


ODD_KEYS = ["abc", "", "\x00", "9" * 30, "9" * 5_000, "1.5", "-", "0x1", "9" * 19]


@pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: repr(key[:8]))
@pytest.mark.parametrize("across", ["0", "1", "\x00", "9" * 5_000])
def test_an_action_on_a_key_that_no_row_can_have_changes_nothing(
    admin_client: Client, cast: Cast, key: str, across: str
) -> None:
    before = AuditEvent.objects.count()
    acted = 0

    for model, page_of in admin.site._registry.items():
        listed = page(model, "changelist")
        request = admin_client.get(listed).wsgi_request
        for action in page_of.get_actions(request):
            chosen = [str(cast.ci.pk), key]
            data = {"action": action, "_selected_action": chosen}
            answer = admin_client.post(listed, {**data, "select_across": across})
            assert (answer.status_code, answer.headers["Location"]) == (302, listed)
            acted += 1

    assert acted >= 10
    assert AuditEvent.objects.count() == before
    assert Robot.objects.filter(enabled=True).count() == 2
    assert User.objects.filter(is_active=True).count() == 4


def test_a_list_says_that_a_selected_row_cannot_exist(cast: Cast) -> None:
    url = page(Robot, "changelist") + "?namespace=acme"
    data = {"action": "disable", "_selected_action": [str(cast.ci.pk), "abc"]}

    answer = signed_in(cast.alice).post(url, data, follow=True)

    cast.ci.refresh_from_db()
    assert answer.redirect_chain == [(url, 302)]
    assert "One of the selected rows does not exist." in answer.content.decode()
    assert cast.ci.enabled
