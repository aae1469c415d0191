"""Signing in to a session, and what a session remembers of it."""

from typing import Any

from django.contrib.auth import SESSION_KEY, login
from django.http import HttpRequest
from rest_framework.response import Response

from quaysite.api import csrf
from quaysite.models import User
from quaysite.oidc import sessions as oidc_sessions

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(request: HttpRequest, user: User) -> None:
    """Start a session of `user`, whose password was verified just now."""
    # Django keeps the key of a session that is this person's already, and whoever
    # holds a copy of its cookie would have a fresh session too.
    if SESSION_KEY in request.session:
        request.session.cycle_key()
    login(request, user, backend=_BACKEND)


def forget_before(request: HttpRequest, **_: Any) -> None:
    """Receiver of user_logged_in: a session begins, by whatever page.

    Whoever knew the CSRF token of the anonymous session does not know this one's.
    """
    request.session.pop(csrf.SESSION_KEY, None)
    oidc_sessions.forget(request)


def with_next_token(request: HttpRequest, response: Response) -> Response:
    """Tell the client the CSRF token for its next write."""
    response["X-Next-CSRF-Token"] = csrf.renew_token(request)
    return response
