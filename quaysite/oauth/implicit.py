"""A token for who is signed in, without a page in between (contract section 1.10).

A form of an own page, or a script with a session and its CSRF token, comes here.
"""

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from oauthlib.oauth2.rfc6749 import errors

from quaysite.api.csrf import shows_token
from quaysite.oauth.authorization import grant, read, refuse
from quaysite.oauth.consent import GuardedPage, performer_of, person_of
from robots.freshness import is_fresh

_OFF = "The implicit flow is switched off (OAUTH_IMPLICIT_FLOW)."
_NO_TOKEN = "CSRF token was invalid or missing."  # noqa: S105 - a message
_NOBODY = "Requires authentication"
_STALE = "Requires fresh login"
_ONLY_TOKENS = "response_type must be token"


class LocalAppView(GuardedPage):
    """Show a person the token that came in the fragment, which we never see."""

    template_name = "quaysite/oauth/localapp.html"
    extra_context = {"title": "Access token"}


@csrf_exempt  # For the session's own token, see `refusal`.
@sensitive_post_parameters()
@never_cache
@require_POST
def authorize_app(request: HttpRequest) -> HttpResponse:
    """Redirect with a token that acts for who is signed in."""
    if refused := refusal(request):
        return refused
    if not settings.OAUTH_IMPLICIT_FLOW:
        return problem(_OFF, 403)
    if not is_fresh(request.session):
        return problem(_STALE, 401)
    try:
        ask = read(request.POST)
        if not ask.for_token:
            return problem(_ONLY_TOKENS, 400)
        return grant(ask, person_of(request), performer_of(request), with_issuer=False)
    except IntegrityError:
        return problem(errors.InvalidClientIdError.description, 400)
    except errors.FatalClientError as error:
        return problem(error.description, 400)
    except errors.OAuth2Error as error:
        return refuse(error)


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Why a write of a session is refused: no CSRF token, or nobody is signed in."""
    if not shows_token(request, in_form=True):
        return problem(_NO_TOKEN, 403)
    if not request.user.is_authenticated:
        return problem(_NOBODY, 401)
    return None


def problem(text: str, status: int) -> HttpResponse:
    """An error in shape D (contract 0.6)."""
    return JsonResponse({"error": text}, status=status)
