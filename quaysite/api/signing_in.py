"""Sign in to a session, show the password again, sign out (contract 0.3)."""

from typing import Any, ClassVar

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api import csrf
from quaysite.api.sessions import sign_in, with_next_token
from quaysite.lifecycle.logins import record_login
from quaysite.models import User
from quaysite.password_attempts import password_attempt
from registryauth.errors import Unauthorized
from registryauth.people_login import person_with
from robots import freshness
from robots.api.base import ApiViewSet
from robots.api.bodies import Body, Text
from robots.api.rules import ANYBODY, SESSION, Rule
from robots.audit import Performer
from robots.credentials import Secret
from robots.identity import Method
from robots.origin import Origin, origin_of
from robots.people import identity_of_person

_WRONG = "Invalid Username or Password"


class SignInBody(Body):
    """Who, and the password."""

    username = Text(help_text="The user name, or the e-mail address.")
    password = Text()


class PasswordBody(Body):
    """The password of who is signed in."""

    password = Text()


class SuccessReply(serializers.Serializer[Any]):
    """It worked."""

    success = serializers.BooleanField()


class SigningInViewSet(ApiViewSet):
    """The session's beginning and end. Both take the session's CSRF token."""

    access: ClassVar[dict[str, Rule]] = {
        "sign_in": ANYBODY,
        "verify": SESSION,
        "sign_out": ANYBODY,
    }

    @extend_schema(operation_id="signin", request=SignInBody, responses=SuccessReply)
    def sign_in(self, request: Request, **kwargs: Any) -> Response:
        """Sign in to a new session; `X-Next-CSRF-Token` is what its writes send."""
        body = self.body(SignInBody)
        try:
            user = self._person(body["username"], body["password"])
        except Unauthorized as error:
            return _failure(error)
        sign_in(request._request, user)
        identity = identity_of_person(user, Method.SESSION)
        by = Performer.caller(identity, self._origin)
        record_login(user, by, request.headers.get("User-Agent", ""))
        return with_next_token(request._request, Response({"success": True}))

    @extend_schema(
        operation_id="verifyUser", request=PasswordBody, responses=SuccessReply
    )
    def verify(self, request: Request, **kwargs: Any) -> Response:
        """Show the password again, as what cannot be undone asks for.

        The session's cookie is a new one afterwards.
        """
        username = self.caller.identity.name
        try:
            self._person(username, self.body(PasswordBody)["password"])
        except Unauthorized as error:
            return _failure(error)
        freshness.renew(request._request)
        response = Response({"success": True})
        response["X-Next-CSRF-Token"] = csrf.token_of(request._request)
        return response

    @extend_schema(operation_id="logout", request=None, responses=SuccessReply)
    def sign_out(self, request: Request, **kwargs: Any) -> Response:
        """End the session."""
        logout(request._request)
        return Response({"success": True})

    def _person(self, username: str, password: str) -> User:
        """Whose these are. Raises Unauthorized."""
        with password_attempt(self.request._request, username):
            identity = person_with(username, Secret(password), self._origin)
            user = User.objects.filter(pk=identity.id or 0).first()
            if user is None:
                raise Unauthorized(_WRONG, reason="just deleted")
            return user

    @property
    def _origin(self) -> Origin:
        return origin_of(self.request._request)


def _failure(error: Unauthorized) -> Response:
    body = {
        "needsEmailVerification": False,
        "invalidCredentials": True,
        "message": error.message,
    }
    return Response(body, status=403)
