"""To the provider and back: to sign in, to confirm it, to connect an account."""

import logging
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from quaysite.api.sessions import sign_in
from quaysite.lifecycle.logins import record_failed_oidc_login
from quaysite.models import User
from quaysite.oidc import accounts, conf, sessions
from quaysite.oidc.accounts import PersonRefused
from quaysite.oidc.attempts import Attempt, Purpose, begin, check_answer, take
from quaysite.oidc.backend import OidcBackend
from quaysite.oidc.claims import Claims
from quaysite.oidc.errors import OidcRefused
from robots import freshness
from robots.admin.performer import performer_of
from robots.origin import origin_of

logger = logging.getLogger(__name__)

_PAGES = {
    Purpose.SIGN_IN: "sign-in",
    Purpose.CONFIRM: freshness.PAGE,
    Purpose.CONNECT: "sign-in-ways",
}
"""Where somebody stands again when it did not work."""


@require_GET
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Go to the provider to sign in; `next` is where that leads in the end."""
    return _go(request, Purpose.SIGN_IN)


@require_GET
@never_cache
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Go to the provider to sign in there again, for a fresh session here."""
    return _go(request, Purpose.CONFIRM)


@require_GET
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider; whatever went wrong is said on the page to begin at."""
    attempt: Attempt | None = None
    try:
        attempt = take(request)
        check_answer(request, attempt)
        backend = OidcBackend()
        claims = backend.claims(request, attempt.nonce, attempt.code_verifier)
        _ENDS[attempt.purpose](request, claims, attempt)
    except OidcRefused as refused:
        return _refuse(request, refused, attempt)
    return HttpResponseRedirect(attempt.wanted)


def _go(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    try:
        return HttpResponseRedirect(begin(request, purpose, _wanted(request)))
    except OidcRefused as refused:
        return _back(request, refused, purpose, _wanted(request))


def _wanted(request: HttpRequest) -> str:
    """`next` if it is on this site."""
    wanted = request.GET.get("next", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, hosts, request.is_secure()):
        return wanted
    return reverse("admin:index")


def _end_sign_in(request: HttpRequest, claims: Claims, attempt: Attempt) -> None:
    agent = request.headers.get("User-Agent", "")
    account = accounts.sign_in(claims, origin_of(request), agent)
    sign_in(request, account.user)
    sessions.note(request, account)
    # A provider that knew the browser asked nobody anything: that is not fresh.
    request.session[freshness.SIGNED_IN_AT] = claims.auth_time or 0


def _end_confirm(request: HttpRequest, claims: Claims, attempt: Attempt) -> None:
    accounts.confirm(claims, _same_person(request, attempt), attempt)
    freshness.renew(request)


def _end_connect(request: HttpRequest, claims: Claims, attempt: Attempt) -> None:
    user = _same_person(request, attempt)
    accounts.connect(claims, user, performer_of(request))
    messages.success(request, f"You can sign in with {conf.name()} from now on.")


def _same_person(request: HttpRequest, attempt: Attempt) -> User:
    """Who is signed in, if that is who left for the provider. Raises OidcRefused."""
    if not request.user.is_authenticated or request.user.pk != attempt.user:
        raise OidcRefused(
            "Somebody else is signed in by now. Begin again.", check="session"
        )
    return request.user


_ENDS: dict[Purpose, Callable[[HttpRequest, Claims, Attempt], None]] = {
    Purpose.SIGN_IN: _end_sign_in,
    Purpose.CONFIRM: _end_confirm,
    Purpose.CONNECT: _end_connect,
}


def _refuse(
    request: HttpRequest, refused: OidcRefused, attempt: Attempt | None
) -> HttpResponse:
    """Keep what happened, and say it to the person."""
    # The provider's words are quoted: a line break in them would begin a line.
    logger.warning("OpenID sign-in refused (%s): %r", refused.check, refused.reason)
    user = refused.user if isinstance(refused, PersonRefused) else None
    agent = request.headers.get("User-Agent", "")
    record_failed_oidc_login(
        user, refused.reason, refused.check, origin_of(request), agent
    )
    purpose = attempt.purpose if attempt else Purpose.SIGN_IN
    return _back(request, refused, purpose, attempt.wanted if attempt else "")


def _back(
    request: HttpRequest, refused: OidcRefused, purpose: Purpose, wanted: str
) -> HttpResponse:
    messages.error(request, refused.message)
    query = {"next": wanted} if wanted else None
    return HttpResponseRedirect(reverse(_PAGES[purpose], query=query))
