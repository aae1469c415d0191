"""The first person of a new site, made by automation."""

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.user_views import FirstPersonReply
from quaysite.lifecycle.people import MAX_EMAIL, create_first_person
from registryauth.conf import accepts_passwords
from robots.api.base import ApiViewSet
from robots.api.bodies import Body, Flag, Text
from robots.api.errors import ApiError, DataModelError
from robots.api.rules import ANYBODY, Rule
from robots.errors import DomainError

_OFF = "Cannot initialize user, FEATURE_USER_INITIALIZE is False"
_NO_PASSWORDS = "Cannot initialize user, OIDC_PASSWORD_SIGN_IN is False"


class InitializeBody(Body):
    """Who is the first one."""

    username = Text()
    password = Text()
    email = Text(required=False, max_length=MAX_EMAIL)
    access_token = Flag(required=False)


class InitializeViewSet(ApiViewSet):
    """Create the first person. Whoever calls is not asked who it is: there is nobody,
    and so no session that a CSRF token would have to protect.
    """

    authentication_classes: Any = ()
    cors = False  # Or any page could initialize a site that its visitor reaches.
    access: ClassVar[dict[str, Rule]] = {"create": ANYBODY}

    @extend_schema(
        operation_id="initializeUser",
        request=InitializeBody,
        responses=FirstPersonReply,
    )
    def create(self, request: Request) -> Response:
        """Create the first person, with a token of all scopes if it is asked for."""
        if not settings.FEATURE_USER_INITIALIZE:
            raise DataModelError(_OFF)
        if not accepts_passwords():
            raise DataModelError(_NO_PASSWORDS)
        try:
            body = self.body(InitializeBody)
            person, token = create_first_person(
                body["username"],
                body["password"],
                self.caller.performer,
                email=body.get("email", ""),
                with_token=body.get("access_token", False),
            )
        except (ApiError, DomainError) as error:
            raise DataModelError(error.message) from None
        shown = {
            "username": person.username,
            "email": person.email,
            "encrypted_password": "",
        }
        if token is not None:
            shown["access_token"] = token.reveal()
        return Response(shown)
