"""Who calls the API: an OAuth token's person, or the session's. Nothing else.

Raises for whatever is shown and wrong; a request that shows nothing is anonymous.
"""

from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from quaysite.api import csrf
from quaysite.models import User
from registryauth.errors import Unauthorized
from registryauth.oauth_login import authenticate_oauth_token
from robots.api.caller import Credential
from robots.api.errors import RequiresAuthentication
from robots.credentials import Secret
from robots.freshness import is_fresh
from robots.identity import Method


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an OAuth token of ours."""

    def authenticate(self, request: Request) -> tuple[Any, Credential] | None:
        parts = request.headers.get("Authorization", "").split(" ")
        if len(parts) != 2 or parts[0].lower() != "bearer":
            return None
        try:
            token = authenticate_oauth_token(Secret(parts[1]), timezone.now())
        except Unauthorized:
            raise RequiresAuthentication from None
        return token.user, Credential(
            Method.OAUTH_TOKEN, token.ceiling, facts=token.facts
        )

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class QuaySessionAuthentication(BaseAuthentication):
    """The session's cookie; every write needs the session's CSRF token, even of
    callers who are not signed in.
    """

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        csrf.check(request)
        user = request._request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        return user, Credential(Method.SESSION, is_fresh=is_fresh(request.session))
