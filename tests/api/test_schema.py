"""The OpenAPI document, the pages that show it, pages of the API, and its rules."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client as DjangoClient
from django.urls import include, path
from pytest_django.fixtures import Settings
from rest_framework.response import Response
from rest_framework.views import APIView

from quaysite.models import User
from robots.api.base import ApiViewSet
from robots.api.checks import check_authentication, check_rules
from robots.api.rules import ANYBODY
from robots.oauth_scopes import OAuthScope
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
INDEX = "/api/v1/"


@pytest.fixture
def browser(cast: Cast) -> DjangoClient:
    """alice, who signed in by the admin site; she is a site administrator."""
    User.objects.filter(pk=cast.alice.pk).update(is_superuser=True, is_staff=True)
    client = DjangoClient(enforce_csrf_checks=True, headers={"Accept": HTML})
    client.force_login(User.objects.get(pk=cast.alice.pk))
    return client


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {where}", operation


def test_the_document_is_valid_and_complete() -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out, stderr=err)
    document = yaml.safe_load(out.getvalue())
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"]
    names = Counter(one["operationId"] for _, one in operations(document))
    assert [name for name, count in names.items() if count > 1] == []
    lacking = [
        where
        for where, one in operations(document)
        if not (one.get("summary") and one.get("tags") and one.get("description"))
    ]
    assert lacking == []


def test_the_document_says_how_to_authenticate(local: LocalClient) -> None:
    document = local.get("/api/schema/").json
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    schemes = document["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "sessionid"
    flows = schemes["oauth2"]["flows"]
    assert set(flows) == {"implicit", "authorizationCode"}
    for flow in flows.values():
        assert flow["authorizationUrl"] == "http://127.0.0.1:8000/oauth/authorize"
        assert set(flow["scopes"]) == set(OAuthScope)
    robots = document["paths"]["/api/v1/organization/{orgname}/robots"]["get"]
    assert {"oauth2": ["org:admin"]} in robots["security"]
    assert robots["responses"]["403"] == {"$ref": "#/components/responses/Error"}
    assert robots["tags"] == ["robot"]
    logs = document["paths"]["/api/v1/user/logs"]["get"]
    assert logs["operationId"] == "listUserLogs"
    assert "For: The caller's own account." in logs["description"]


def test_the_document_is_json_unless_yaml_is_asked_for(local: LocalClient) -> None:
    for accept in ("*/*", "application/json", "text/html", "nonsense"):
        answer = local.get("/api/schema/", Accept=accept)
        assert answer.status == 200
        assert "json" in answer.headers["Content-Type"]
        assert answer.json["info"]["title"] == "Quaysite"
    for query, accept in (("?format=yaml", "*/*"), ("", "application/yaml")):
        answer = local.get(f"/api/schema/{query}", Accept=accept)
        assert yaml.safe_load(answer.text)["openapi"].startswith("3.1")
    assert local.get("/api/schema/", Authorization="Bearer expired").status == 200


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_pages_that_show_the_document_load_nothing_from_elsewhere(
    local: LocalClient, page: str
) -> None:
    answer = local.get(f"/api/{page}/", Accept=HTML)
    assert answer.status == 200
    script = local.get("/api/docs/?script=", Accept="*/*").text
    assert "/api/schema/" in (script if page == "docs" else answer.text)
    assert "/static/drf_spectacular_sidecar/" in answer.text
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", answer.text) == []


def test_the_index_links_to_what_there_is(browser: DjangoClient) -> None:
    shown = browser.get(INDEX, headers={"Accept": "*/*"})
    assert shown["Content-Type"] == "application/json"
    links = re.findall(r'"(http://testserver(/[^"]*))"', shown.content.decode())
    assert len(links) > 15
    for _, link in links:
        assert browser.get(link, headers={"Accept": "*/*"}).status_code == 200, link
    assert "acme" in shown.json()["organizations"]


def test_the_index_shows_nobody_only_what_is_public(local: LocalClient) -> None:
    assert set(local.get(INDEX).json) == {"documents", "search"}


def test_a_page_has_links_a_description_and_a_form(browser: DjangoClient) -> None:
    index = browser.get(INDEX)
    text = index.content.decode()
    assert index["Content-Type"].startswith("text/html")
    assert '<a href="http://testserver/api/v1/organization/acme/robots"' in text
    assert "Quaysite API" in text
    assert "/static/rest_framework/" in text
    assert re.findall(r'(?:src|href)="(?:https?:)?//(?!testserver)', text) == []
    robot = browser.get("/api/v1/organization/acme/robots/ci").content.decode()
    assert "For: An administrator of the organization" in robot
    assert 'data-method="PUT"' in robot
    assert 'data-method="DELETE"' in robot
    assert '<a href="/api/v1/organization/acme/robots">robots</a>' in robot


def test_a_page_s_form_works_with_django_s_csrf_token(browser: DjangoClient) -> None:
    where = "/api/v1/organization/acme/robots/made"
    page = browser.get("/api/v1/organization/acme/robots/ci").content.decode()
    token = re.search(r'"csrfToken": "(\w+)"', page)
    assert token is not None
    refused = browser.put(where, "{}", content_type="application/json")
    assert refused.status_code == 403
    made = browser.put(
        where,
        "{}",
        content_type="application/json",
        headers={"X-CSRFToken": token.group(1)},
    )
    assert made.status_code == 201
    assert "acme+made" in made.content.decode()


def test_pages_for_those_who_may_not(
    cast: Cast, local: LocalClient, local_user: Callable[..., LocalClient]
) -> None:
    where = "/api/v1/organization/acme/robots/ci"
    nobody = local.get(where, Accept=HTML)
    assert nobody.status == 401
    assert "Sign in" in nobody.text
    wrong = local.get(where, Accept=HTML, Authorization="Bearer expired")
    assert wrong.status == 401
    outsider = local_user(cast.charlie).get(where, Accept=HTML)
    assert outsider.status == 403
    assert 'data-method="PUT"' not in outsider.text
    assert local.put(where, {}, Accept=HTML).status == 403
    assert local.get(f"{INDEX}nowhere", Accept=HTML).status == 404
    odd = LocalClient(bearer(cast.alice, "org:admin"))
    assert odd.get("/api/v1/organization/acme/robots/%3Cb%3E", Accept=HTML).status in (
        400,
        404,
    )


class Unruly(APIView):
    """A view that decides for itself."""

    def get(self, request: Any) -> Response:
        return Response({})


class Ruled(ApiViewSet):
    """A view whose action loses its rule after its URL was made."""

    access = {"list": ANYBODY}

    def list(self, request: Any) -> Response:
        return Response({})


class Lax(Ruled):
    """The same, to be spoilt."""


urlpatterns = [
    path("api/v1/", include("robots.api.urls")),
    path("api/weather", Unruly.as_view()),
    path("api/v1/unruly", Unruly.as_view()),
    path("api/v1/ruled", Ruled.as_view({"get": "list"})),
    path("api/v1/lax", Lax.as_view({"get": "list"})),
    path("elsewhere", Unruly.as_view()),
]


def test_an_authenticator_that_says_not_how_stops_the_start(settings: Settings) -> None:
    assert check_authentication() == []
    kinds = ["SessionAuthentication", "BasicAuthentication"]
    framework = [f"rest_framework.authentication.{kind}" for kind in kinds]
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": framework}
    assert [(error.id, error.msg) for error in check_authentication()] == [
        ("robots.E012", f"{kind} leaves no Credential.") for kind in framework
    ]
    settings.ROOT_URLCONF = "registryauth.urls"  # No API there.
    assert check_authentication() == []


def test_a_view_without_a_rule_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_rules() == []
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(Lax, "access", {})
    errors = check_rules()
    assert [(error.id, error.msg) for error in errors] == [
        ("robots.E004", "api/v1/unruly: Unruly is not an ApiViewSet."),
        ("robots.E004", "api/v1/lax: Lax has no rule for list."),
    ]
