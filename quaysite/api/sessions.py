"""Signing in to a session, and what a session remembers of it."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.response import Response

from quaysite.api import csrf
from quaysite.models import User

SIGNED_IN_AT = "signed_in_at"
"""Session key: seconds since the epoch at which the password was last shown."""

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(request: HttpRequest, user: User) -> None:
    """Start a session of `user`, whose password was verified just now."""
    login(request, user, backend=_BACKEND)


def note_password(request: HttpRequest) -> None:
    """Remember that the session's person has shown the password just now."""
    request.session[SIGNED_IN_AT] = timezone.now().timestamp()


def note_sign_in(request: HttpRequest, **_: Any) -> None:
    """Receiver of user_logged_in: a session begins, by whatever page.

    Whoever knew the CSRF token of the anonymous session does not know this one's.
    """
    note_password(request)
    request.session.pop(csrf.SESSION_KEY, None)


def is_fresh(session: SessionBase) -> bool:
    """Whether the password was shown within the last FRESH_LOGIN_TIMEOUT seconds."""
    age = timezone.now().timestamp() - session.get(SIGNED_IN_AT, 0)
    return bool(age <= settings.FRESH_LOGIN_TIMEOUT)


def with_next_token(request: HttpRequest, response: Response) -> Response:
    """Tell the client the CSRF token for its next write."""
    response["X-Next-CSRF-Token"] = csrf.renew_token(request)
    return response
