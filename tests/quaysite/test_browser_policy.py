"""The Content-Security-Policy of each sort of page."""

import pytest
from django.test import Client

from tests.conftest import Cast

THEMED = ["/admin/", "/admin/robots/robot/", "/admin/password_change/", "/sign-in/"]
PLAIN = ["/api/v1/", "/api/docs/", "/api/redoc/", "/oauth/authorize", "/nowhere"]
NEVER = ["/v2/auth?service=127.0.0.1:5000", "/healthz"]


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client(headers={"accept": "text/html"})
    client.force_login(cast.alice)
    return client


def policy(client: Client, path: str) -> dict[str, list[str]]:
    anonymous = Client() if path == "/sign-in/" else client
    header = anonymous.get(path).headers.get("Content-Security-Policy", "")
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", [*THEMED, *PLAIN])
def test_no_page_runs_scripts_that_stand_in_it_or_come_from_elsewhere(
    browser: Client, path: str
) -> None:
    found = policy(browser, path)
    scripts = found["script-src"]
    assert set(scripts) <= {"'self'", "'unsafe-eval'"}
    assert ("'unsafe-eval'" in scripts) == (path in THEMED)
    assert found["frame-ancestors"] == ["'none'"]
    assert found["base-uri"] == ["'none'"]
    for name, values in found.items():
        for value in values:
            assert value in {
                "'self'",
                "'none'",
                "'unsafe-eval'",
                "'unsafe-inline'",
                "data:",
                "blob:",
            }, name


@pytest.mark.parametrize("path", NEVER)
def test_what_no_browser_shows_has_none(browser: Client, path: str) -> None:
    assert policy(browser, path) == {}


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/admin/nowhere/", 404)]
)
def test_errors_are_pages_that_say_where_to_go(
    browser: Client, path: str, status: int
) -> None:
    response = browser.get(path)
    assert response.status_code == status
    assert "There is nothing at this address" in response.content.decode()


def test_what_one_may_not_do_is_said(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.bob)
    response = client.get(f"/admin/robots/robot/{cast.ci.pk}/permissions/")
    assert response.status_code == 403
    assert "not do this" in response.content.decode()
