"""How a request that is refused is answered: the error's body, headers, a log line."""

import json
import logging
from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from registryauth import conf
from registryauth.errors import (
    Cause,
    EndpointError,
    MethodNotAllowed,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from robots.origin import Origin, origin_of
from robots.outage import RETRY_AFTER
from robots.remembered import remembered

logger = logging.getLogger(__name__)

NO_STORE = "no-cache, no-store, must-revalidate"

API_VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
"""The header by which a client knows that it talks to a registry of today."""


class Reply(NamedTuple):
    """An answer of the endpoint, before anything makes HTTP of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def as_response(self) -> HttpResponse:
        """The same for Django."""
        return HttpResponse(self.body, status=self.status, headers=dict(self.headers))


def refusal(request: HttpRequest, error: EndpointError) -> HttpResponse:
    """The answer that says `error`; with the challenge, if it is Unauthorized."""
    return refused(origin_of(request), error).as_response()


def refused(origin: Origin, error: EndpointError) -> Reply:
    """The same as a reply. Who was refused is noted in the log."""
    headers = {"Content-Type": "application/json", "Cache-Control": NO_STORE}
    headers |= API_VERSION
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = challenge()
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_AFTER)
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = "GET, HEAD, POST"
    _log(origin, error)
    return Reply(error.status, headers, json.dumps(error.as_dict()).encode())


def _log(origin: Origin, error: EndpointError) -> None:
    """Not what is refused by the thousand: that it is was told when it began."""
    if error.cause is Cause.THROTTLED:
        return
    # %r: a reason may repeat what the client sent, line breaks and all.
    logger.info(
        "refused %r address=%s request=%s",
        error.reason,
        origin.address,
        origin.request_id,
    )


@remembered
def challenge() -> str:
    """Where a token is to be had, and for which service (RFC 9110, section 11.6.1)."""
    # Never an error= attribute: clients would then print two messages.
    return f'Bearer realm="{conf.realm()}",service="{(conf.services() or [""])[0]}"'
