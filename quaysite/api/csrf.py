"""The session's CSRF token, as Quay's clients send it (contract 0.3)."""

import secrets
from http import HTTPMethod

from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from robots.api.errors import Aborted

SESSION_KEY = "_csrf_token"

_SAFE = {HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS}
_REFUSED = "CSRF token was invalid or missing."


def token_of(request: HttpRequest) -> str:
    """The session's token, made if it has none."""
    token: str | None = request.session.get(SESSION_KEY)
    if token is None:
        token = renew_token(request)
    return token


def renew_token(request: HttpRequest) -> str:
    """A new token for the session; the one before is no longer accepted."""
    token = secrets.token_urlsafe(32)
    request.session[SESSION_KEY] = token
    return token


@never_cache
@require_safe
def csrf_token(request: HttpRequest) -> JsonResponse:
    """`GET /csrf_token`: what the next writes have to send."""
    return JsonResponse({"csrf_token": token_of(request)})


def shows_token(request: HttpRequest, *, in_form: bool = False) -> bool:
    """Whether a request shows the session's token, in its query or a header.

    Or, with `in_form`, in the form that it posts, which is looked at first.
    """
    expected = request.session.get(SESSION_KEY)
    shown = (
        (in_form and request.POST.get(SESSION_KEY))
        or request.GET.get(SESSION_KEY)
        or request.headers.get("X-CSRF-Token")
    )
    return bool(expected and shown) and constant_time_compare(str(expected), str(shown))


def check(request: Request) -> None:
    """Raise Aborted for a write that does not show the session's token.

    The token of Django's own forms will do as well: the browsable pages send it.
    """
    if request.method in _SAFE or shows_token(request._request):
        return
    try:
        SessionAuthentication().enforce_csrf(request)
    except PermissionDenied:
        raise Aborted(_refusal(request)) from None


def _refusal(request: Request) -> str:
    user = request._request.user
    if user.is_authenticated:
        return f"{_REFUSED} (authorized: user {user.get_username()})"
    return _REFUSED
