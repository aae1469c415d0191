"""BROWSER_API_CALLS_XHR_ONLY: no page of another site opens an answer of the API."""

import re
from http import HTTPMethod

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from quaysite.middleware import GetResponse

_PREFIX = "/api/v1/"
_BROWSER = re.compile(
    r"chrome|crios|firefox|fxios|safari|webkit|edge?/|opera|opr/|msie|trident|konqueror",
    re.IGNORECASE,
)
_REFUSED = (
    "API calls must be invoked with an X-Requested-With header if called from a browser"
)


class BrowserGuardMiddleware:
    """Refuse a browser's GET of the API that a script of a page did not make."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.BROWSER_API_CALLS_XHR_ONLY and _is_opened(request):
            return JsonResponse({"error": _REFUSED}, status=400)
        return self.get_response(request)


def _is_opened(request: HttpRequest) -> bool:
    return (
        request.method == HTTPMethod.GET
        and request.path_info.startswith(_PREFIX)
        and request.headers.get("X-Requested-With") != "XMLHttpRequest"
        and _BROWSER.search(request.headers.get("User-Agent", "")) is not None
    )
