"""Client keys: what a registry client may be given in place of the password."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.signing_in import PasswordBody
from quaysite.password_attempts import password_attempt
from registryauth import client_key
from registryauth.client_key import ClientKey
from registryauth.errors import Unauthorized
from registryauth.people_login import person_with, session_fingerprint
from robots import audit
from robots.api.base import ApiViewSet
from robots.api.errors import ApiError
from robots.api.rules import SESSION, Rule
from robots.credentials import Secret
from robots.models import Namespace
from robots.origin import origin_of


class ClientKeyReply(serializers.Serializer[Any]):
    """A key: a registry client's password until the person's own changes."""

    key = serializers.CharField()


class ClientKeyViewSet(ApiViewSet):
    """Make keys. They are not stored, and end with the password."""

    access: ClassVar[dict[str, Rule]] = {"create": SESSION}

    @extend_schema(
        operation_id="generateUserClientKey",
        request=PasswordBody,
        responses=ClientKeyReply,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a key that signs in to registries as the caller, and nowhere else."""
        person = self.caller.person
        password = Secret(self.body(PasswordBody)["password"])
        username, origin = person.get_username(), origin_of(request._request)
        try:
            with password_attempt(request._request, username):
                person_with(username, password, origin)
        except Unauthorized as error:
            raise ApiError(error.message) from None
        key = client_key.mint(ClientKey(person.pk, session_fingerprint(person)))
        own = Namespace.objects.filter(owner_id=person.pk).first()
        audit.record("user_generate_client_key", self.caller.performer, own)
        return Response({"key": key.reveal()})
