"""The endpoints that applications call themselves: exchange, renew and revoke.

Who is signed in plays no part, so neither does CSRF: what counts is in the body.
An application's secret is hashed as passwords are, so one that is shown takes a place.
"""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from oauth2_provider.views.mixins import OAuthLibMixin

from robots.errors import AskAgainLater
from robots.failed_logins import failed_logins
from robots.forwarded import forwarded
from robots.login_attempt import Attempt, Shown
from robots.origin import client_address
from robots.password_hashing import turns

_TWO_WAYS: tuple[str, dict[str, str], str, int] = (
    "",
    {},
    json.dumps(
        {
            "error": "invalid_request",
            "error_description": "Header and body show two different secrets.",
        }
    ),
    HTTPStatus.BAD_REQUEST,
)
"""Nothing was looked at. One way to authenticate is all that is allowed (RFC 6749,
section 2.3): of two, a wrong secret of somebody else's application would be tried, and
the right one of one's own taken after it, so the guess would not be counted; and two
guesses at one application would count as one.
"""


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class TokenView(OAuthLibMixin, View):
    """`/oauth/access_token`: a code, or a refresh token, for an access token."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            _, headers, body, status = _said(request, self.create_token_response)
        except IntegrityError:  # The application or person was deleted meanwhile.
            return JsonResponse({"error": "invalid_grant"}, status=400)
        except AskAgainLater as later:
            return _asking_again(later)
        return _json(body, status, headers)


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class RevokeView(OAuthLibMixin, View):
    """`/oauth/revoke` (RFC 7009): an application gives a token back."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            _, headers, body, status = _said(request, self.create_revocation_response)
        except AskAgainLater as later:
            return _asking_again(later)
        return _json(body, status, headers)


def _said(request: HttpRequest, deed: Callable[[HttpRequest], Any]) -> Any:
    """What oauthlib answers. Raises AskAgainLater; counts secrets that are wrong."""
    attempts = _attempts(request)
    if len(attempts) > 1:
        return _TWO_WAYS
    for attempt in attempts:
        failed_logins.check(attempt)
    with _place(request):
        answer = deed(request)
    if answer[-1] == HTTPStatus.UNAUTHORIZED and attempts:
        forwarded.note_failure(request.META)
        for attempt in attempts:
            failed_logins.note(attempt)
    return answer


def _attempts(request: HttpRequest) -> list[Attempt]:
    """One for each application and secret shown; that in the header is first."""
    shown = [_in_header(request.headers.get("Authorization", ""))]
    if "client_secret" in request.POST:
        said = request.POST.get("client_id", ""), request.POST["client_secret"]
        shown.append(said)
    address = client_address(request)
    return [
        Attempt(Shown.APPLICATION_SECRET, name, address)
        for name, _ in dict.fromkeys(shown)
        if name
    ]


def _in_header(header: str) -> tuple[str, str]:
    """Name and secret as django-oauth-toolkit reads them; empty if there are none."""
    scheme, _, encoded = header.partition(" ")
    if scheme != "Basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _place(request: HttpRequest) -> AbstractContextManager[None]:
    """A place of the client's address, if a secret is shown that may be hashed.

    The body is read before that: an application that sends slowly holds none.
    """
    in_body = "client_secret" in request.POST
    if in_body or "Authorization" in request.headers:
        return turns.place(client_address(request))
    return nullcontext()


def _asking_again(later: AskAgainLater) -> HttpResponse:
    """429 as OAuth says errors (RFC 6749, section 5.2)."""
    error = {"error": "temporarily_unavailable", "error_description": str(later)}
    headers = {"Retry-After": str(later.retry_after)}
    return _json(json.dumps(error), HTTPStatus.TOO_MANY_REQUESTS, headers)


def _json(body: str | None, status: int, headers: dict[str, Any]) -> HttpResponse:
    plain = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return HttpResponse(body or "", status=status, headers={**plain, **headers})
