"""Who calls the API with a bearer token of django-oauth-toolkit's: its person.

Raises for whatever is shown and wrong; a request that shows none is anonymous.
"""

from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from registryauth.errors import Unauthorized
from registryauth.oauth_login import authenticate_oauth_token
from robots.api.caller import Credential
from robots.api.errors import RequiresAuthentication
from robots.credentials import Secret
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
