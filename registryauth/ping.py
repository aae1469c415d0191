"""GET /v2/: where a registry's client, told to log in at our own address, asks first.

The site is no registry and holds no images; it answers this one question of the
Distribution specification ("API Version Check"), so that `docker login` and
`skopeo login` find the token endpoint, and try the token they got.
"""

import logging

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from registryauth.bearer import check_bearer
from registryauth.errors import Unauthorized, Unavailable
from registryauth.keys import KeyStoreError
from registryauth.refusals import API_VERSION, NO_STORE, challenge, refusal

logger = logging.getLogger(__name__)


@require_safe
def ping(request: HttpRequest) -> HttpResponseBase:
    """`true` for whoever shows a good registry token; to others, where to get one."""
    try:
        check_bearer(request.headers.get("Authorization"))
    except Unauthorized as error:
        return refusal(request, error)
    except KeyStoreError as error:
        logger.error("no signing key: %s", error)
        return refusal(request, Unavailable("The service is unavailable"))
    headers = {"Cache-Control": NO_STORE, "WWW-Authenticate": challenge()}
    return JsonResponse(True, safe=False, headers={**headers, **API_VERSION})
