"""The token endpoint's GET, answered before Django's handler begins.

Every pull and push of a company waits for this one question. A request object, signals,
URL resolving and a response object cost as much as all that is decided in between, and
none of it is used. What they guarantee is kept: old connections are closed, security's
headers are sent, plain HTTP is redirected, each answer has a request id. The view of
the same endpoint stays: it serves POST, and every other way in.
"""

import logging
from collections.abc import Iterable
from http.client import responses
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

from quaysite.middleware import identify
from registryauth.asked import asked_in
from registryauth.endpoint import reply_to
from registryauth.parameters import Values
from robots.outage import drop_dead_connections

logger = logging.getLogger(__name__)

PATH = "/v2/auth"


class TokenLane:
    """WSGI middleware: replies to GET /v2/auth itself, and passes on what is left."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self._https_only: bool = settings.SECURE_SSL_REDIRECT
        self._secure_proxy = settings.SECURE_PROXY_SSL_HEADER
        self._headers = _security_headers(over_https=False)
        self._https_headers = _security_headers(over_https=True)
        self._status = {code: f"{code} {phrase}" for code, phrase in responses.items()}

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        is_secure = self._is_secure(environ)
        if self._https_only and not is_secure:
            return self.application(environ, start_response)
        request_id = identify(environ)
        try:
            reply = reply_to(asked_in(environ, _no_form))
        except Exception:
            # Django knows how to say that; and whom to tell.
            logger.exception("the token endpoint failed, request=%s", request_id)
            return self.application(environ, start_response)
        finally:
            drop_dead_connections()
        headers = [
            *reply.headers.items(),
            *(self._https_headers if is_secure else self._headers),
            ("X-Request-ID", request_id),
            ("Content-Length", str(len(reply.body))),
        ]
        start_response(self._status[reply.status], headers)
        return [reply.body]

    def _is_secure(self, environ: WSGIEnvironment) -> bool:
        """As HttpRequest.is_secure, with the proxy's header where one is trusted."""
        if self._secure_proxy:
            header, secure = self._secure_proxy
            told = environ.get(header)
            if told is not None:
                return str(told).partition(",")[0].strip() == secure
        return bool(environ["wsgi.url_scheme"] == "https")


def _security_headers(*, over_https: bool) -> list[tuple[str, str]]:
    """What SecurityMiddleware adds to an answer that is no page."""
    headers = []
    if settings.SECURE_CONTENT_TYPE_NOSNIFF:
        headers.append(("X-Content-Type-Options", "nosniff"))
    if over_https and settings.SECURE_HSTS_SECONDS:
        policy = f"max-age={settings.SECURE_HSTS_SECONDS}"
        if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
            policy += "; includeSubDomains"
        if settings.SECURE_HSTS_PRELOAD:
            policy += "; preload"
        headers.append(("Strict-Transport-Security", policy))
    return headers


def _no_form() -> Values:
    raise NotImplementedError("a GET has no form")
