"""How a request that is refused is answered: the error's body, headers, a log line."""

import logging

from django.http import HttpRequest, JsonResponse

from registryauth import conf
from registryauth.errors import (
    EndpointError,
    MethodNotAllowed,
    Unauthorized,
    Unavailable,
)
from robots.origin import origin_of
from robots.outage import RETRY_AFTER

logger = logging.getLogger(__name__)

NO_STORE = "no-cache, no-store, must-revalidate"

API_VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
"""The header by which a client knows that it talks to a registry of today."""


def refusal(request: HttpRequest, error: EndpointError) -> JsonResponse:
    """The answer that says `error`; with the challenge, if it is Unauthorized."""
    headers = {"Cache-Control": NO_STORE, **API_VERSION}
    response = JsonResponse(error.as_dict(), status=error.status, headers=headers)
    if isinstance(error, Unauthorized):
        response["WWW-Authenticate"] = challenge()
    if isinstance(error, Unavailable):
        response["Retry-After"] = str(RETRY_AFTER)
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = "GET, HEAD, POST"
    origin = origin_of(request)
    # %r: a reason may repeat what the client sent, line breaks and all.
    logger.info(
        "refused %r address=%s request=%s",
        error.reason,
        origin.address,
        origin.request_id,
    )
    return response


def challenge() -> str:
    """Where a token is to be had, and for which service (RFC 9110, section 11.6.1)."""
    # Never an error= attribute: clients would then print two messages.
    return f'Bearer realm="{conf.realm()}",service="{(conf.services() or [""])[0]}"'
