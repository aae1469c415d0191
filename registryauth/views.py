"""GET and POST /v2/auth, and the public keys: HTTP in, HTTP out, nothing decided."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from registryauth import logins, parameters, refresh, signing
from registryauth.authentication import authenticate, authenticate_header
from registryauth.errors import (
    EndpointError,
    InvalidRequest,
    MethodNotAllowed,
    Unauthorized,
    Unavailable,
)
from registryauth.issue import Answer, Question, issue
from registryauth.keys import KeyStoreError
from registryauth.refusals import NO_STORE, refusal
from robots.identity import Identity
from robots.origin import origin_of
from robots.outage import OUTAGES, drop_dead_connections, is_outage

logger = logging.getLogger(__name__)

_UNAVAILABLE = "The service is unavailable"


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class TokenView(View):
    """The token endpoint of the Distribution specification, for docker and others."""

    http_method_names = ["get", "head", "post"]

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            return self._answer(request)
        except EndpointError as error:
            return refusal(request, error)
        except OUTAGES as error:
            if not is_outage(error):
                raise
            logger.error("database unavailable: %s", type(error).__name__)
            return refusal(request, Unavailable(_UNAVAILABLE))
        except KeyStoreError as error:
            logger.error("no signing key: %s", error)
            return refusal(request, Unavailable(_UNAVAILABLE))

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with a second try on a fresh connection.

        A kept connection that the server has cut fails at its first use, and no
        client asks again. Asking twice is safe: a push creates what it needs once.
        """
        try:
            return super().dispatch(request)
        except OUTAGES as error:
            # A lock that was waited for in vain is no reason to wait once more.
            if not is_outage(error) or not drop_dead_connections():
                raise
            return super().dispatch(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        """A token for the Authorization header's owner, or for anybody."""
        now, origin = timezone.now(), origin_of(request)
        header = request.headers.get("Authorization")
        identity = _identified(
            request, lambda: authenticate_header(header, now, origin)
        )
        values = parameters.query(request)
        service = parameters.service(values)
        scopes = parameters.requested_scopes(values)
        if identity.is_anonymous and not scopes:
            raise Unauthorized("access to the requested resource is not authorized")
        question = Question(
            service=service,
            scopes=scopes,
            wants_refresh_token=values.get("offline_token") == "true",
            may_create=request.method == "GET",
            origin=origin,
        )
        answer = issue(identity, question, now)
        if not scopes:
            logins.login_log.note_login(identity, request)
        return _granted(answer)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The OAuth 2 form that containerd, and docker with a refresh token, send."""
        now, origin = timezone.now(), origin_of(request)
        values = parameters.form(request)
        service = parameters.service(values)
        grant_type = values.get("grant_type")
        if grant_type == "password":
            username = parameters.required(values, "username").reveal()
            password = parameters.required(values, "password")
            identity = _identified(
                request, lambda: authenticate(username, password, now, origin)
            )
        elif grant_type == "refresh_token":
            token = parameters.required(values, "refresh_token")
            identity = refresh.authenticate(token, service, now)
        else:
            raise InvalidRequest("grant_type must be password or refresh_token")
        question = Question(
            service=service,
            scopes=parameters.requested_scopes(values),
            # A refresh token does not renew itself: it would never end.
            wants_refresh_token=(
                grant_type == "password" and values.get("access_type") == "offline"
            ),
            may_create=True,
            origin=origin,
        )
        answer = issue(identity, question, now)
        if not question.scopes and grant_type == "password":
            logins.login_log.note_login(identity, request)
        return _granted(answer)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        raise MethodNotAllowed("Use GET or POST")


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys that verify our registry tokens (RFC 7517)."""
    try:
        keys = signing.jwks()
    except KeyStoreError as error:
        logger.error("no signing key: %s", error)
        return refusal(request, Unavailable(_UNAVAILABLE))
    return JsonResponse(keys, content_type="application/jwk-set+json")


def _identified(request: HttpRequest, authenticate: Callable[[], Identity]) -> Identity:
    try:
        return authenticate()
    except Unauthorized as error:
        logins.login_log.note_failure(error, request)
        raise


def _granted(answer: Answer) -> HttpResponse:
    body: dict[str, Any] = {
        "token": answer.token,
        "access_token": answer.token,
        "expires_in": int((answer.expires_at - answer.issued_at).total_seconds()),
        "issued_at": answer.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if answer.refresh_token is not None:
        body["refresh_token"] = answer.refresh_token.reveal()
    return JsonResponse(body, headers={"Cache-Control": NO_STORE})
