"""Looking at a person's password: the same at each door of the site.

The token endpoint has its own (`registryauth.endpoint`), which writes the audit later.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from quaysite.lifecycle.logins import record_failed_login
from registryauth.errors import Unauthorized, WrongSecret
from robots.failed_logins import failed_logins
from robots.forwarded import forwarded
from robots.login_attempt import Attempt, Shown
from robots.origin import origin_of


@contextmanager
def password_attempt(
    request: HttpRequest, username: str, reason: str = "wrong password"
) -> Iterator[None]:
    """Inside, the password that was shown as that of `username` is looked at.

    A ValidationError or Unauthorized from there goes on, and is an audit event; that
    has the reason of an Unauthorized, and of a form's error `reason`. Both but an
    Unauthorized that is no WrongSecret are counted as failed logins. Raises
    LoginBlocked before or after, where too many of those were counted.
    """
    attempt = Attempt(Shown.PASSWORD, username, origin_of(request).address)
    failed_logins.check(attempt)
    try:
        yield
    except Unauthorized as error:
        _record(request, username, error.reason)
        if isinstance(error, WrongSecret):
            _count(request, attempt)
        raise
    except ValidationError:
        _record(request, username, reason)
        _count(request, attempt)
        raise


def _record(request: HttpRequest, username: str, reason: str) -> None:
    agent = request.headers.get("User-Agent", "")
    record_failed_login(username, reason, origin_of(request), agent)


def _count(request: HttpRequest, attempt: Attempt) -> None:
    forwarded.note_failure(request.META)
    failed_logins.note(attempt)
