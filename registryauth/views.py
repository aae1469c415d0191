"""The token endpoint and the public keys as views of Django."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from registryauth import parameters, signing
from registryauth.asked import asked_in
from registryauth.endpoint import UNAVAILABLE, reply_to
from registryauth.errors import Unavailable
from registryauth.keys import KeyStoreError
from registryauth.refusals import refusal

logger = logging.getLogger(__name__)


@csrf_exempt
@sensitive_post_parameters()
def token(request: HttpRequest) -> HttpResponse:
    """The token endpoint: GET with Basic credentials or none, POST with a form."""
    asked = asked_in(request.META, lambda: parameters.form(request))
    return reply_to(asked).as_response()


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys that verify our registry tokens (RFC 7517)."""
    try:
        keys = signing.jwks()
    except KeyStoreError as error:
        logger.error("no signing key: %s", error)
        return refusal(request, Unavailable(UNAVAILABLE))
    return JsonResponse(keys, content_type="application/jwk-set+json")
