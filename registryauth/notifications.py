"""POST /registry/notifications: where a Distribution registry tells what happened.

The registry proves itself with a token of REGISTRY_NOTIFICATION_TOKENS. Without one
in the settings the address does not exist.
"""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from registryauth import conf
from registryauth.notices import EnvelopeInvalid, is_envelope_type, read_envelope
from registryauth.notified import take
from registryauth.refusals import NO_STORE
from robots.conf import library_namespace
from robots.credentials import Secret
from robots.origin import origin_of

logger = logging.getLogger(__name__)

MAX_BYTES = 1024 * 1024
"""Of a body: a thousand events."""


class _Refused(Exception):
    """A request that is not carried out; the text is for the sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@csrf_exempt
def notifications(request: HttpRequest) -> HttpResponse:
    """204 once every event is dealt with; a refusal is retried by the registry."""
    try:
        _check(request)
        notices = read_envelope(_body(request), library_namespace())
    except EnvelopeInvalid as error:
        return _refusal(request, _Refused(400, str(error)))
    except _Refused as error:
        return _refusal(request, error)
    take(notices, timezone.now(), origin_of(request))
    return HttpResponse(status=204, headers={"Cache-Control": NO_STORE})


def _check(request: HttpRequest) -> None:
    """Raise _Refused unless it is a registry of ours that posts an envelope."""
    accepted = conf.notification_tokens()
    if not accepted:
        raise _Refused(404, "Not found")
    if request.method != "POST":
        raise _Refused(405, "Use POST")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    shown = Secret(token.strip())
    # Every token is compared, so that the time does not tell which one is near.
    same = [shown == one for one in accepted if conf.is_shared_token(one)]
    if not any(same) or scheme.lower() != "bearer":
        raise _Refused(401, "Authorization: Bearer and a notification token is needed")
    if not is_envelope_type(request.content_type or ""):
        raise _Refused(415, "The body must be JSON")


def _body(request: HttpRequest) -> bytes:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= MAX_BYTES:
            return request.body
    except RequestDataTooBig:
        pass
    except (ValueError, UnreadablePostError):
        raise _Refused(400, "The body could not be read") from None
    raise _Refused(413, f"The body is longer than {MAX_BYTES} bytes")


def _refusal(request: HttpRequest, error: _Refused) -> HttpResponse:
    origin = origin_of(request)
    logger.warning(
        "notification refused: %s address=%s request=%s",
        error.message,
        origin.address,
        origin.request_id,
    )
    headers = {"Cache-Control": NO_STORE}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="registry notifications"'
    if error.status == 405:
        headers["Allow"] = "POST"
    return JsonResponse(
        {"message": error.message}, status=error.status, headers=headers
    )
