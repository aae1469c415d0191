"""Who calls the API with a session, as Quay's clients do.

Raises for whatever is shown and wrong; a request that shows nothing is anonymous.
"""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from quaysite.api import csrf
from quaysite.models import User
from robots.api.caller import Credential
from robots.freshness import is_fresh
from robots.identity import Method


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
