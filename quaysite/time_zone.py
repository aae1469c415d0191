"""Times on the admin's pages are in the zone of the browser, which tells it."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

COOKIE = "timezone"
"""Set by a script of the admin's; a name of the IANA database, such as Europe/Oslo."""


@cache
def _zones() -> frozenset[str]:
    """Read once: the library opens hundreds of files each time that it is asked."""
    return frozenset(available_timezones())


class TimeZoneMiddleware:
    """Until a browser has told its zone, times are in TIME_ZONE. The API has UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.admin):
            return self.get_response(request)
        name = request.COOKIES.get(COOKIE, "").replace("%2F", "/")
        if not name or name not in _zones():
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)
