"""The part of oauthlib's server that is open: two grants, and nothing else.

Passwords, client credentials and device codes are not refused here; they are unknown.
"""

import re
from typing import Any

from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import urlencode
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.endpoints import (
    AuthorizationEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import (
    AuthorizationCodeGrant,
    ImplicitGrant,
    RefreshTokenGrant,
)
from oauthlib.oauth2.rfc6749.tokens import BearerToken

_CHALLENGE = re.compile("[A-Za-z0-9_-]{43}")
"""A SHA-256 digest as RFC 7636 writes it."""

_PARAMETERS = frozenset(
    {
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "client_id",
        "client_secret",
        "refresh_token",
        "scope",
        "token",
        "token_type_hint",
    }
)


def check_challenge(request: Any) -> dict[str, Any]:
    """Raise InvalidRequestError for a PKCE challenge that is no S256 one."""
    challenge = request.code_challenge
    if challenge is None:
        return {}
    if request.code_challenge_method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise errors.InvalidRequestError(
            description="code_challenge must be a digest, its method S256",
            request=request,
        )
    return {}


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint):
    """Authorization codes and what renews their tokens, and the implicit grant."""

    def __init__(
        self,
        request_validator: Any,
        token_expires_in: int | None = None,
        token_generator: Any = None,
        refresh_token_generator: Any = None,
        **_: Any,
    ) -> None:
        bearer = BearerToken(
            request_validator,
            token_generator,
            token_expires_in,
            refresh_token_generator,
        )
        code = AuthorizationCodeGrant(request_validator)
        code.custom_validators.pre_auth.append(check_challenge)
        AuthorizationEndpoint.__init__(
            self,
            default_response_type="code",
            response_types={"code": code, "token": ImplicitGrant(request_validator)},
            default_token_type=bearer,
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type="authorization_code",
            grant_types={
                "authorization_code": code,
                "refresh_token": RefreshTokenGrant(request_validator),
            },
            default_token_type=bearer,
        )
        RevocationEndpoint.__init__(self, request_validator)


class Backend(OAuthLibCore):
    """Hands oauthlib the parameters it knows, each as often as it was sent.

    Others would become attributes of its request, such as `encoding` or `user`.
    """

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, str, Any]:
        query = request.GET.urlencode()
        uri = f"{request.path}?{query}" if query else request.path
        body = urlencode(
            [
                (name, value)
                for name, values in request.POST.lists()
                if name in _PARAMETERS
                for value in values
            ]
        )
        return uri, str(request.method), body, self.extract_headers(request)
