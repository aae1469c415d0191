"""From an exception to an answer: the one place that renders errors of the API."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from robots.api.errors import (
    Aborted,
    ApiError,
    DataModelError,
    Forbidden,
    FrameworkError,
    Missing,
    RequiresAuthentication,
)
from robots.conf import site_url
from robots.errors import AskAgainLater, DomainError, NotFound
from robots.outage import RETRY_AFTER, is_outage

logger = logging.getLogger(__name__)

_BAD_JSON = (
    "The browser (or proxy) sent a request that this server could not understand."
)
_NOT_JSON = (
    "Did not attempt to load JSON data because the request Content-Type was not"
    " 'application/json'."
)
_WRONG_METHOD = "The method is not allowed for the requested URL."

_EQUIVALENTS: tuple[
    tuple[tuple[type[Exception], ...], Callable[[], Exception]], ...
] = (
    (
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed),
        RequiresAuthentication,
    ),
    ((exceptions.PermissionDenied, PermissionDenied), Forbidden),
    ((exceptions.NotFound, Http404), Missing),
    ((exceptions.ParseError, SuspiciousOperation), partial(FrameworkError, _BAD_JSON)),
    ((exceptions.UnsupportedMediaType,), partial(FrameworkError, _NOT_JSON, 415)),
    ((exceptions.MethodNotAllowed,), partial(FrameworkError, _WRONG_METHOD, 405)),
)


def handle(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler. None, which lets it through, only for our own bugs."""
    if is_outage(exception):
        logger.error("database unavailable: %s", type(exception).__name__)
        message = "The service is temporarily unavailable."
        headers = {"Retry-After": str(RETRY_AFTER)}
        return Response({"message": message}, status=503, headers=headers)
    if isinstance(exception, AskAgainLater):
        headers = {"Retry-After": str(exception.retry_after)}
        return Response({"message": str(exception)}, status=429, headers=headers)
    return _render(_translate(exception))


def _translate(exception: Exception) -> Exception:
    """The error of ours that an exception of Django, DRF or the domain amounts to."""
    if isinstance(exception, DomainError):
        below = isinstance(exception, NotFound)
        return (DataModelError if below else ApiError)(exception.message)
    for kinds, error in _EQUIVALENTS:
        if isinstance(exception, kinds):
            return error()
    if isinstance(exception, exceptions.APIException):
        return FrameworkError(str(exception.detail), exception.status_code)
    return exception


def _render(error: Exception) -> HttpResponse | None:
    match error:
        case ApiError():
            return Response(typed(error), status=error.status)
        case DataModelError():
            body = json.dumps({"message": error.message}, separators=(",", ":"))
            return HttpResponse(body, status=400, content_type="application/json")
        case FrameworkError():
            return Response({"message": error.message}, status=error.status)
        case Aborted():
            return Response({"error": error.message}, status=error.status)
    return None


def typed(error: ApiError) -> dict[str, Any]:
    """The body of an error of shape A, its keys in Quay's order."""
    return {
        **error.payload,
        "detail": error.message,
        "error_message": error.message,
        "error_type": error.kind,
        "title": error.kind,
        "type": error_url(error.kind),
        "status": error.status,
    }


def error_url(kind: str) -> str:
    """Where `kind` is explained."""
    return f"{site_url()}/api/v1/error/{kind}"
