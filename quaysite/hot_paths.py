"""Paths that machines ask all day, past the middleware made for people's browsers.

The token endpoint and the exchange have no session, no cookie, no page and no form of
ours; what they need of the rest is here: a request id, security's headers and its
redirect to HTTPS, and honesty about a database that is away. Any other path goes
through everything.
"""

import logging

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import resolve

from quaysite.middleware import GetResponse, identify, unavailable
from robots.outage import OUTAGES, is_outage

logger = logging.getLogger(__name__)

HOT_PATHS = (
    "/v2/auth",
    "/oauth2/federation/robot/token",
    "/oauth2/token",
)


class HotPathsMiddleware:
    """The first of all: answers HOT_PATHS itself, and passes on what is left."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._security = SecurityMiddleware(get_response)
        self._views = {path: resolve(path).func for path in HOT_PATHS}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self._views.get(request.path_info)
        if view is None or (self._security.redirect and not request.is_secure()):
            return self.get_response(request)
        request_id = identify(request.META)
        try:
            response: HttpResponse = view(request)
        except OUTAGES as error:
            if not is_outage(error):
                raise
            response = unavailable(error)
        response.headers["X-Request-ID"] = request_id
        response.headers["Content-Length"] = str(len(response.content))
        self._security.process_response(request, response)
        return response
