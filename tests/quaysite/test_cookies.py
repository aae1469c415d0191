"""Cookies that no browser of ours would send: never an error, never a session."""

from zoneinfo import ZoneInfo

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from quaysite.time_zone import COOKIE, TimeZoneMiddleware, _zones
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

KEYS = [
    '"abcdefgh\\000abcdefgh"',
    "short",
    "A" * 32,
    "a" * 33,
    "a" * 31 + "\n",
    "%00" * 16,
    "../../../../../../etc/passwd0000",
    "é" * 32,
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("path", ["/admin/", "/sign-in/", "/api/v1/user/"])
def test_a_session_key_that_is_not_ours_is_no_session(key: str, path: str) -> None:
    header = f"sessionid={key}".encode().decode("latin-1")
    response = Client().get(path, headers={"cookie": header})
    expected = {"/admin/": 302, "/sign-in/": 200, "/api/v1/user/": 401}
    assert response.status_code == expected[path]
    assert "_auth_user_id" not in response.wsgi_request.session


def test_a_session_of_ours_is_found(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.bob)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Europe/Oslo", "Europe/Oslo"),
        ("Europe%2FOslo", "Europe/Oslo"),
        ("../../etc/passwd", "UTC"),
        ("Nowhere/Land", "UTC"),
        ("", "UTC"),
    ],
)
def test_pages_are_in_the_zone_that_the_browser_names(
    cast: Cast, sent: str, shown: str
) -> None:
    client = Client()
    client.force_login(cast.alice)
    client.cookies[COOKIE] = sent
    seen: list[str] = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    TimeZoneMiddleware(page)(client.get("/admin/").wsgi_request)
    assert seen == [shown]
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_list_of_zones_is_read_once() -> None:
    assert _zones() is _zones()
    assert ZoneInfo("Europe/Oslo").key in _zones()
