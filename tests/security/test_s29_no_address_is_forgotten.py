"""S-29: what the role matrix does not know is known here, and nothing is left over.

The matrix has each operation of the OpenAPI document (tests/api/test_role_matrix.py);
here every address that the site has is in that document, in the admin, or in this list.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from quaysite.api.documents import openapi_document
from robots.api.unknown import unknown

INDEX = "api/v1/"
"""A page of links to the rest."""

ELSEWHERE: dict[str, tuple[int, int]] = {
    "v2/": (401, 405),
    "v2/auth": (401, 400),
    "registry/notifications": (404, 404),
    ".well-known/jwks.json": (200, 405),
    "config": (200, 405),
    "api/schema/": (200, 405),
    "api/docs/": (200, 405),
    "api/redoc/": (200, 405),
    "csrf_token": (200, 405),
    "oauth/authorize": (302, 302),
    "oauth/authorize/assignuser": (405, 403),
    "oauth/authorizeapp": (405, 403),
    "oauth/localapp": (200, 405),
    "oauth/access_token": (405, 400),
    "oauth/revoke": (405, 400),
    "oauth2/federation/robot/token": (401, 405),
    "oauth2/token": (405, 400),
    "oidc/sign-in/": (302, 405),
    "oidc/confirm/": (302, 405),
    "oidc/callback/": (302, 405),
    "sign-in/ways/": (302, 302),
    "sign-in/ways/connect/": (405, 302),
    "sign-in/ways/<int:pk>/disconnect/": (405, 302),
    "sign-in/": (200, 200),
    "sign-in/again/": (302, 302),
    "sign-out/": (405, 302),
    "favicon.ico": (302, 302),
    "": (302, 302),
}
"""Every other address, and what nobody in particular is answered to GET and POST."""


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[Any]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        else:
            yield route, entry.callback


def test_s29_every_address_of_the_api_is_in_the_document_that_the_matrix_follows() -> (
    None
):
    paths = openapi_document()["paths"]
    documented = {path.rstrip("/"): set(methods) for path, methods in paths.items()}
    served: dict[str, set[str]] = {}
    for route, view in routes():
        if route.lstrip("^").startswith("api/v1/") and view is not unknown:
            path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
            served.setdefault(path.rstrip("/"), set()).update(view.actions)
            # One that was served before answers HEAD as well.
            served[path.rstrip("/")].discard("head")
    assert served.pop(f"/{INDEX}".rstrip("/")) == {"get"}
    assert served == documented


def test_s29_every_other_address_is_one_of_these() -> None:
    others = {
        route for route, _ in routes() if not re.match(r"\^?api/v1/|admin/", route)
    }
    assert others == set(ELSEWHERE)


@pytest.mark.django_db
@pytest.mark.parametrize("route", ELSEWHERE)
def test_s29_nobody_in_particular_gets_no_further_than_this(route: str) -> None:
    client = Client(raise_request_exception=False)
    path = f"/{route.replace('<int:pk>', '1')}"
    answers = client.get(path).status_code, client.post(path).status_code
    assert answers == ELSEWHERE[route]
    assert "_auth_user_id" not in client.session
