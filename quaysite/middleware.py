"""What holds for every request: an id for the logs, and honesty about outages."""

import logging
import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from robots.origin import REQUEST_ID_META
from robots.outage import RETRY_AFTER, is_outage

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Keep the proxy's X-Request-ID if it is harmless, else make one; answer it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.META.get(REQUEST_ID_META, "")
        if not _ACCEPTABLE_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex
            request.META[REQUEST_ID_META] = request_id
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
        if not is_outage(exception):
            return None
        logger.error("database unavailable: %s", type(exception).__name__)
        response = JsonResponse(
            {"message": "The service is temporarily unavailable."}, status=503
        )
        response["Retry-After"] = str(RETRY_AFTER)
        return response
