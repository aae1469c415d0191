"""The exchange over HTTP, in Quay's way and in RFC 8693's: parse, call, answer."""

import base64
import binascii
import json
import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from federation import counted, token_exchange
from federation.errors import Code, Refused
from federation.exchange import exchange
from federation.token_exchange import OAuthError
from federation.tokens import Minted
from robots.credentials import Secret
from robots.errors import AskAgainLater
from robots.failed_logins import failed_logins
from robots.forms import FormUnreadable, read_form
from robots.forwarded import forwarded
from robots.login_attempt import Attempt, Shown
from robots.names import parse_robot_name
from robots.origin import origin_of
from robots.outage import RETRY_AFTER

logger = logging.getLogger(__name__)

_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
}


class HeaderUnreadable(Exception):
    """No robot and token in the Authorization header; the text is Quay's."""


class RobotTokenView(View):
    """GET with robot and issuer's token as Basic credentials (contract 4.2).

    There is no HEAD: it would use a token up and tell nobody the result.
    """

    http_method_names = ["get", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """`{"token": ...}`, or 401."""
        try:
            robot, token = _basic(request.META.get("HTTP_AUTHORIZATION"))
        except HeaderUnreadable as error:
            counted.note_unreadable()
            return _answer(401, error=str(error))
        try:
            with counted.failures():
                minted = _exchanged(request, robot, token)
        except AskAgainLater as later:
            return _asking_again(later, "message")
        except Refused as refused:
            return _answer(401, error=refused.code.value, message=refused.message)
        return _answer(200, token=minted.secret.reveal())


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class TokenExchangeView(View):
    """POST of a token exchange (RFC 8693); `audience` is the robot's full name."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """The response of RFC 8693, section 2.2."""
        try:
            asked = token_exchange.read(read_form(request))
            with counted.failures():
                minted = _exchanged(request, asked.robot, asked.token)
        except AskAgainLater as later:
            return _asking_again(later, "error_description")
        except FormUnreadable as error:
            counted.note_unreadable()
            return _oauth_error("invalid_request", error.message)
        except OAuthError as error:
            counted.note_unreadable()
            return _oauth_error(error.code, error.description)
        except Refused as refused:
            return _refused(refused)
        lifetime = minted.expires_at - timezone.now()
        return _answer(
            200,
            access_token=minted.secret.reveal(),
            issued_token_type=token_exchange.ISSUED_TOKEN_TYPE,
            # A password for the registry, not a bearer token.
            token_type="N_A",  # noqa: S106
            expires_in=max(0, round(lifetime.total_seconds())),
        )


def _exchanged(request: HttpRequest, robot: str, token: Secret) -> Minted:
    """A token of the robot. Raises Refused, or LoginBlocked after too many of those."""
    origin = origin_of(request)
    attempt = Attempt(Shown.ROBOT_SECRET, robot, origin.address)
    failed_logins.check(attempt)
    try:
        minted = exchange(robot, token, origin, timezone.now())
    except Refused as refused:
        # %r: a reason may repeat what the client sent, line breaks and all. What is no
        # robot's name is not repeated: it may be a token in the wrong field.
        logger.info(
            "exchange refused robot=%s reason=%r request=%s",
            parse_robot_name(robot) or "(no robot's name)",
            refused.reason,
            origin.request_id,
        )
        if refused.is_wrong_token:
            forwarded.note_failure(request.META)
            failed_logins.note(attempt)
        raise
    logger.info("exchange robot=%s request=%s", robot, origin.request_id)
    return minted


def _basic(header: str | None) -> tuple[str, Secret]:
    """Robot and token. Raises HeaderUnreadable; in the order of contract 4.2."""
    if header is None:
        raise HeaderUnreadable("No auth header")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or not encoded or " " in encoded:
        raise HeaderUnreadable("Invalid basic auth header")
    try:
        decoded = base64.b64decode(encoded).decode("utf-8")
    except (binascii.Error, ValueError):
        raise HeaderUnreadable("Could not parse basic auth header") from None
    robot, colon, token = decoded.partition(":")
    if not colon:
        raise HeaderUnreadable(
            "Unexpected number of credentials found in basic auth header"
        )
    if "+" not in robot:
        raise HeaderUnreadable("Invalid robot")
    return robot, Secret(token)


def _refused(refused: Refused) -> HttpResponse:
    if refused.code is Code.ACCESS_DENIED:
        return _oauth_error("access_denied", refused.message)
    if refused.code is Code.UNAVAILABLE:
        response = _answer(
            503, error="temporarily_unavailable", error_description=refused.message
        )
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    # Whatever is wrong with the token: RFC 8693, section 2.2.2.
    return _oauth_error("invalid_request", refused.message)


def _asking_again(later: AskAgainLater, told_in: str) -> HttpResponse:
    told = {"error": Code.UNAVAILABLE.value, told_in: str(later)}
    response = _answer(429, **told)
    response["Retry-After"] = str(later.retry_after)
    return response


def _oauth_error(code: str, description: str) -> HttpResponse:
    return _answer(400, error=code, error_description=description)


def _answer(status: int, **body: Any) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, headers=_HEADERS)
