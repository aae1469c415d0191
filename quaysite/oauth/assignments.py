"""An administrator offers a person a token, who finds it among the account's offers."""

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauthlib.oauth2.rfc6749 import errors

from quaysite.lifecycle.applications import offer_token
from quaysite.models import User
from quaysite.oauth.authorization import Ask, read
from quaysite.oauth.consent import performer_of, person_of
from quaysite.oauth.implicit import problem, refusal
from robots.errors import NotFound
from robots.identity import Method
from robots.lookup import user_named
from robots.people import identity_of_person
from robots.standing import standing_in

_FORBIDDEN = "Unauthorized"
_UNKNOWN = "Not Found"


@csrf_exempt  # For the session's own token, see `refusal`.
@never_cache
@require_POST
def assign_user(request: HttpRequest) -> HttpResponse:
    """Offer `username` the token that the other parameters ask for."""
    if refused := refusal(request):
        return refused
    parameters = request.GET if "client_id" in request.GET else request.POST
    try:
        ask = read(parameters)
        if not _administers(request, ask):
            return problem(_FORBIDDEN, 403)
        user = user_named(parameters.get("username", ""))
        if isinstance(user, User):
            _offer(request, ask, user)
    except NotFound:
        return problem(_UNKNOWN, 404)
    except IntegrityError:
        return problem(errors.InvalidClientIdError.description, 400)
    except errors.OAuth2Error as error:
        return problem(error.description or error.error, 400)
    return JsonResponse({"message": "Token assigned successfully"})


def _offer(request: HttpRequest, ask: Ask, user: User) -> None:
    by = performer_of(request)
    offer_token(
        ask.application, user, ask.redirect_uri, ask.response_type, ask.scopes, by
    )


def _administers(request: HttpRequest, ask: Ask) -> bool:
    identity = identity_of_person(person_of(request), Method.SESSION)
    organization = ask.application.organization
    standing = standing_in(identity, organization.name if organization else "")
    return standing is not None and standing.is_admin
