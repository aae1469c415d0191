"""`/oauth/authorize`: a person is asked, and agrees or not.

What was asked is in the address of the page, and read anew from it when the form
comes back: the form itself holds nothing but the answer and Django's CSRF token.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView
from oauthlib.oauth2.rfc6749 import errors

from quaysite.models import User
from quaysite.oauth.authorization import Ask, cancel, grant, read, refuse
from robots.audit import Performer
from robots.freshness import fresh_or_redirect
from robots.identity import Method
from robots.oauth_scopes import DESCRIPTIONS, OAuthScope
from robots.origin import origin_of
from robots.people import identity_of_person

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'none'"
)


class GuardedPage(TemplateView):
    """A page that no cache keeps, no frame holds, and whose address is told nobody."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Frame-Options"] = "DENY"
        add_never_cache_headers(response)
        return response


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AuthorizeView(LoginRequiredMixin, GuardedPage):
    """Ask with GET, answer with POST; who is not signed in goes to sign in first.

    So does who signed in too long ago: a token is always taken for a fresh sign-in.
    """

    template_name = "quaysite/oauth/authorize.html"
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (stale := fresh_or_redirect(request)) is not None:
            return stale
        try:
            return self.render_to_response(_context(read(request.GET)))
        except errors.FatalClientError as error:
            return self._page_of(error)
        except errors.OAuth2Error as error:
            return refuse(error)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (stale := fresh_or_redirect(request)) is not None:
            return stale
        try:
            ask = read(request.GET)
            if "authorize" not in request.POST:
                return cancel(ask)
            return grant(ask, person_of(request), performer_of(request))
        except IntegrityError:
            return self._page_of(errors.InvalidClientIdError())
        except errors.FatalClientError as error:
            return self._page_of(error)
        except errors.OAuth2Error as error:
            return refuse(error)

    def _page_of(self, error: errors.OAuth2Error) -> HttpResponse:
        context = {"title": "Authorize application", "error": error.description}
        return self.render_to_response(context, status=400)


def person_of(request: HttpRequest) -> User:
    """Who is signed in; for views that nobody else reaches."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is signed in")
    return request.user


def performer_of(request: HttpRequest) -> Performer:
    """Who is signed in, for the audit."""
    identity = identity_of_person(person_of(request), Method.SESSION)
    return Performer.caller(identity, origin_of(request))


def _context(ask: Ask) -> dict[str, Any]:
    """What the page says; the target is named, as it is who gets the answer."""
    target = urlsplit(ask.redirect_uri)
    return {
        "title": "Authorize application",
        "application": ask.application,
        "organization": ask.application.organization,
        "scopes": [(s, DESCRIPTIONS[s]) for s in OAuthScope if s in ask.scopes],
        "target": f"{target.scheme}://{target.netloc}"
        if target.netloc
        else target.scheme,
    }
