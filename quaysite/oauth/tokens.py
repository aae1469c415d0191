"""The endpoints that applications call themselves: exchange, renew and revoke.

Who is signed in plays no part, so neither does CSRF: what counts is in the body.
An application's secret is hashed as passwords are, so one that is shown takes a place.
"""

import json
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from oauth2_provider.views.mixins import OAuthLibMixin

from robots.origin import client_address
from robots.password_hashing import RETRY_AFTER, HashingBusy, turns


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class TokenView(OAuthLibMixin, View):
    """`/oauth/access_token`: a code, or a refresh token, for an access token."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            with _place(request):
                _, headers, body, status = self.create_token_response(request)
        except IntegrityError:  # The application or person was deleted meanwhile.
            return JsonResponse({"error": "invalid_grant"}, status=400)
        except HashingBusy as busy:
            return _asking_again(busy)
        return _json(body, status, headers)


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class RevokeView(OAuthLibMixin, View):
    """`/oauth/revoke` (RFC 7009): an application gives a token back."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            with _place(request):
                _, headers, body, status = self.create_revocation_response(request)
        except HashingBusy as busy:
            return _asking_again(busy)
        return _json(body, status, headers)


def _place(request: HttpRequest) -> AbstractContextManager[None]:
    """A place of the client's address, if a secret is shown that may be hashed.

    The body is read before that: an application that sends slowly holds none.
    """
    in_body = "client_secret" in request.POST
    if in_body or "Authorization" in request.headers:
        return turns.place(client_address(request))
    return nullcontext()


def _asking_again(busy: HashingBusy) -> HttpResponse:
    """429 as OAuth says errors (RFC 6749, section 5.2)."""
    error = {"error": "temporarily_unavailable", "error_description": str(busy)}
    headers = {"Retry-After": str(RETRY_AFTER)}
    return _json(json.dumps(error), HTTPStatus.TOO_MANY_REQUESTS, headers)


def _json(body: str | None, status: int, headers: dict[str, Any]) -> HttpResponse:
    plain = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return HttpResponse(body or "", status=status, headers={**plain, **headers})
