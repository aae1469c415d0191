"""What holds for every request: an id for the logs, and honesty about outages."""

import logging
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from quaysite.request_ids import current
from robots.origin import REQUEST_ID_META
from robots.outage import RETRY_AFTER, is_outage

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def identify(meta: dict[str, Any]) -> str:
    """The request's id: the proxy's X-Request-ID if it is harmless, else a new one.

    `meta` is the request's META, or the WSGI environ that it is; a new id is put there.
    What this thread logs from now on is of this request.
    """
    request_id: str = meta.get(REQUEST_ID_META, "")
    if not _ACCEPTABLE_ID.fullmatch(request_id):
        request_id = meta[REQUEST_ID_META] = secrets.token_hex(16)
    current.set(request_id)
    return request_id


def unavailable(error: Exception) -> HttpResponse:
    """The answer while the database is away (design rule R11), noted in the log."""
    logger.error("database unavailable: %s", type(error).__name__)
    return JsonResponse(
        {"message": "The service is temporarily unavailable."},
        status=503,
        headers={"Retry-After": str(RETRY_AFTER)},
    )


class RequestIdMiddleware:
    """Have each request identified, and the id in its answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = identify(request.META)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class DatabaseDownMiddleware:
    """Turn a lost database into 503 with Retry-After (design rule R11)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        return unavailable(exception) if is_outage(exception) else None
