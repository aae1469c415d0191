"""Who calls the API from a session of Django's, in a project without one of its own."""

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework import authentication
from rest_framework.request import Request

from robots.api.caller import Credential
from robots.freshness import is_fresh
from robots.identity import Method


class SessionAuthentication(authentication.SessionAuthentication):
    """The session's person; writes need the token of Django's own forms."""

    def authenticate(
        self, request: Request
    ) -> tuple[AbstractBaseUser, Credential] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        session = request._request.session
        return signed_in[0], Credential(Method.SESSION, is_fresh=is_fresh(session))
