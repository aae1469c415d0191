"""Fresh sessions: who signed in, or showed the password again, a short while ago.

What shows or replaces a secret asks for one, so that a stolen session alone is
not enough. The page that makes a session fresh again belongs to the site.
"""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from robots import conf

SIGNED_IN_AT = "signed_in_at"
"""Session key: seconds since the epoch at which the person last proved who it is."""

PAGE = "sign-in-again"
"""Name of the site's page that asks for the password, or another proof, again."""


_CLOCKS_DIFFER = 60
"""Seconds by which another server's clock, or a provider's, may be ahead of ours."""


def note(request: HttpRequest) -> None:
    """Remember that the session's person has proved who it is just now."""
    request.session[SIGNED_IN_AT] = timezone.now().timestamp()


def note_sign_in(request: HttpRequest | None, **_: Any) -> None:
    """Receiver of user_logged_in: whoever signs in, by whatever page, does prove it."""
    if request is not None and hasattr(request, "session"):
        note(request)


def renew(request: HttpRequest) -> None:
    """Make a session fresh whose person has proved who it is once more.

    Its key changes: whoever holds a copy of the cookie shall not have it too.
    """
    request.session.cycle_key()
    note(request)


def is_fresh(session: SessionBase) -> bool:
    """Whether that was within the last FRESH_LOGIN_TIMEOUT seconds, and not to come."""
    age = timezone.now().timestamp() - session.get(SIGNED_IN_AT, 0)
    return bool(-_CLOCKS_DIFFER <= age <= conf.fresh_login_timeout())


def fresh_or_redirect(request: HttpRequest, back: str = "") -> HttpResponse | None:
    """None if the session is fresh, else a way to make it so.

    It leads to `back` afterwards, without what was posted: by default to the
    address that was asked for, which must answer GET then.
    """
    if is_fresh(request.session):
        return None
    wanted = back or request.get_full_path()
    return HttpResponseRedirect(reverse(PAGE, query={"next": wanted}))
