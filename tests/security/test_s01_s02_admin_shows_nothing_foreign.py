"""S-01, S-02: whoever administers one organization finds nothing of another in the
admin: by address, in lists, filters, boxes to choose from, histories or exports."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from oauth2_provider.models import get_access_token_model, get_application_model

from federation.models import Trust
from quaysite.models import User
from registryauth.models import IssuedTokens
from robots.models import (
    AppToken,
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)
from robots.roles import Role
from tests import factories
from tests.api.tokens import bearer
from tests.conftest import Cast

CANARY = "canary"
"""Part of every name that the administrator of acme must never read."""

_PARTS: dict[str, str | type[Model]] = {
    "trust_id": Trust,
    "slug": "github",
    "url": "nowhere",
    "app_label": "robots",
}


@pytest.fixture
def foreign(cast: Cast) -> dict[type[Model], Model]:
    """A row of each model in an organization that alice is not in."""
    owner = factories.user(f"{CANARY}-owner", email=f"{CANARY}@example.com")
    home = factories.organization(f"{CANARY}-org", owner=owner)
    robot, _ = factories.robot(home, f"{CANARY}-bot")
    repository = factories.repository(home, f"{CANARY}-repo")
    team = factories.team(home, f"{CANARY}-team", members=(owner, robot))
    permission = RepositoryPermission.objects.create(
        namespace=home, repository=repository, robot=robot, role=Role.READ
    )
    default = DefaultPermission.objects.create(
        namespace=home, team=team, role=Role.READ
    )
    trust = Trust.objects.create(
        robot=robot, issuer=f"https://{CANARY}.example", subject=CANARY
    )
    AppToken.objects.create(user=owner, title=f"{CANARY} phone", digest=CANARY)
    bearer(owner, "repo:read")
    application = get_application_model().objects.create(
        name=f"{CANARY} app",
        organization=home,
        client_type="confidential",
        authorization_grant_type="authorization-code",
    )
    IssuedTokens.objects.create(day=datetime.now(UTC).date(), namespace=home, count=9)
    rows = [home, robot, repository, team, permission, default, trust, application]
    found = {type(row): row for row in [*rows, owner]}
    found[RobotToken] = robot.tokens.get()
    found[TeamMember] = TeamMember.objects.filter(namespace=home).latest("id")
    found[AuditEvent] = AuditEvent.objects.filter(namespace=home).latest("id")
    found[AppToken] = AppToken.objects.get()
    found[get_access_token_model()] = get_access_token_model().objects.get()
    return found


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.alice)
    return client


def addresses(
    patterns: list[Any] | None = None, prefix: str = "/admin/"
) -> Iterator[tuple[str, str]]:
    """The route and the name of every page of the admin."""
    for entry in admin.site.get_urls() if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.name or ""


def model_of(route: str) -> type[Model] | None:
    """The model whose key stands in the route."""
    match = re.match(r"/admin/(\w+)/(\w+)/<", route)
    if match is None:
        return None
    return next(
        model
        for model in admin.site._registry
        if (model._meta.app_label, model._meta.model_name) == match.groups()
    )


def about_rows() -> list[str]:
    return sorted({route for route, _ in addresses() if model_of(route)})


def filled(route: str, foreign: dict[type[Model], Model]) -> str:
    """The route with the key of the foreign row, and of its foreign parts."""
    model = model_of(route)
    assert model is not None

    key = str(foreign[model].pk) if model in foreign else "1"

    def value(match: re.Match[str]) -> str:
        part = match[1].rpartition(":")[2]
        if part in {"object_id", "id"}:
            return key
        stands_for = _PARTS[part]
        if isinstance(stands_for, str):
            return stands_for
        return str(foreign[stands_for].pk)

    return re.sub(r"<([^>]+)>", value, route)


def state() -> list[list[dict[str, Any]]]:
    """All that could have been changed; Django's own tables aside."""
    models: list[type[Model]] = [
        Namespace, Robot, RobotToken, Repository, RepositoryPermission, Team,
        TeamMember, DefaultPermission, Trust, User, AuditEvent,
    ]  # fmt: skip
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("route", about_rows())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_guessed_key_leads_nowhere_and_changes_nothing(
    cast: Cast,
    alice: Client,
    foreign: dict[type[Model], Model],
    route: str,
    method: str,
) -> None:
    before = state()
    form = {"post": "yes", "confirm": "confirm", "enabled": "", "role": "30"}
    data = form if method == "post" else {}
    response = getattr(alice, method)(filled(route, foreign), data, follow=False)
    body = response.content.decode()
    if route.endswith("<path:object_id>/"):  # Django's old address of a row.
        assert response.status_code == 302
    else:
        assert response.status_code in {403, 404, 405}, route
    assert CANARY not in body
    assert state() == before


def lists() -> list[str]:
    pages = sorted({name for route, name in addresses() if "<" not in route})
    elsewhere = {"logout", "login", "app_list", "autocomplete"}
    return [name for name in pages if name and name not in elsewhere]


@pytest.mark.parametrize("name", lists())
def test_no_list_form_or_export_has_anything_foreign(
    alice: Client, foreign: dict[type[Model], Model], name: str
) -> None:
    url = reverse(f"admin:{name}")
    tries = [
        {},
        {"q": CANARY},
        {"namespace": f"{CANARY}-org"},
        {"o": "1", "all": ""},
        {"e": "1"},
    ]
    for parameters in tries:
        response = alice.get(url, parameters, follow=True)
        if response.status_code == 405:
            if CANARY in str(parameters):
                continue  # What was asked for is in the export's own event.
            response = alice.post(f"{url}?{urlencode(parameters)}")
        content = b"".join(response) if response.streaming else response.content
        assert response.status_code in {200, 403, 404}, (url, parameters)
        found = re.sub(rf'value="{CANARY}[\w-]*"', "", content.decode())
        found = found.replace(f"There is no {CANARY}-org in which", "")
        found = re.sub(rf"(q|namespace)(=|%3D){CANARY}[\w-]*", "", found)
        assert CANARY not in found, (url, parameters)


def choices() -> list[tuple[str, str, str]]:
    """Every box in which one types to choose: app, model and field."""
    return sorted(
        (model._meta.app_label, model._meta.model_name or "", field)
        for model, page in admin.site._registry.items()
        for field in page.autocomplete_fields
    )


@pytest.mark.parametrize(("app", "model", "field"), choices())
@pytest.mark.parametrize("term", ["", CANARY, f"{CANARY}-org"])
def test_no_box_offers_anything_foreign(
    alice: Client,
    foreign: dict[type[Model], Model],
    app: str,
    model: str,
    field: str,
    term: str,
) -> None:
    asked = {"app_label": app, "model_name": model, "field_name": field, "term": term}
    response = alice.get(reverse("admin:autocomplete"), asked)
    assert response.status_code in {200, 403}
    assert CANARY not in response.content.decode()


def test_actions_on_foreign_rows_change_nothing(
    alice: Client, foreign: dict[type[Model], Model]
) -> None:
    before = state()
    for model, page in admin.site._registry.items():
        opts = model._meta
        row = foreign.get(model)
        if row is None:
            continue
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        for action in [*(page.actions or ()), "delete_selected"]:
            name = action if isinstance(action, str) else action.__name__
            chosen = {"action": name, "_selected_action": [row.pk], "post": "yes"}
            answer = alice.post(url, {**chosen, "confirm": "confirm"}, follow=True)
            assert answer.status_code in {200, 403, 404}, (url, name)
            assert CANARY not in answer.content.decode(), (url, name)
    assert state() == before
